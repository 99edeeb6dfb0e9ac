import { Alert, Anchor, Drawer, Mark, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Citation, documents } from "../../api/collections";
import { FailureNotice } from "../../components/failure-notice";
import { Pending } from "../../components/pending";
import { useAsk } from "./texts";

/** Shows a citation's passage on its page. */
export function Passage({ citation, onClose }: { citation: Citation | undefined; onClose: () => void }) {
  const t = useAsk();
  return (
    <Drawer
      opened={citation !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title={t("passage", { number: citation?.number ?? "" })}
    >
      {citation && <Content citation={citation} />}
    </Drawer>
  );
}

function Content({ citation }: { citation: Citation }) {
  const t = useAsk();
  const { page } = citation;
  return (
    <Stack gap="md">
      <Stack gap={2}>
        <Anchor component={Link} to={`/documents/${citation.collection_id}/${citation.document_id}`} fw={550}>
          {citation.document_name}
        </Anchor>
        {page != null && <Text size="sm">{t("page", { page })}</Text>}
      </Stack>
      {!citation.verified && (
        <Alert color="yellow" variant="light">
          <Text size="sm" c="var(--mantine-color-text)">
            {t("unverified")}
          </Text>
        </Alert>
      )}
      <Text component="blockquote" m={0} style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
        <Mark>{citation.quote}</Mark>
      </Text>
      {page != null && <PageView citation={citation} page={page} />}
    </Stack>
  );
}

function PageView({ citation, page }: { citation: Citation; page: number }) {
  const t = useAsk();
  const { collection_id, document_id, boxes } = citation;
  const { data, error } = useQuery({
    queryKey: ["page", document_id, page],
    queryFn: () => documents.page(collection_id, document_id, page),
  });
  if (error) return <FailureNotice error={error} />;
  if (!data) return <Pending />;
  const characters = [...data.text];
  const from = citation.page_start ?? 0;
  const to = citation.page_end ?? from;
  return (
    <>
      {data.width && data.height && boxes.length > 0 && (
        <svg
          viewBox={`0 0 ${data.width} ${data.height}`}
          width="160"
          role="img"
          aria-label={t("place", { page })}
        >
          <rect
            width={data.width}
            height={data.height}
            fill="var(--mantine-color-body)"
            stroke="var(--mantine-color-dimmed)"
            strokeWidth={3}
          />
          {boxes.map(([left = 0, top = 0, right = 0, bottom = 0]) => (
            <rect
              key={`${left} ${top} ${right} ${bottom}`}
              x={left}
              y={top}
              width={right - left}
              height={bottom - top}
              fill="var(--mantine-primary-color-filled)"
            />
          ))}
        </svg>
      )}
      <Text size="xs" c="dimmed">
        {t("wholePage", { page })}
      </Text>
      <Text size="sm" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
        {characters.slice(0, from).join("")}
        <Mark>{characters.slice(from, to).join("")}</Mark>
        {characters.slice(to).join("")}
      </Text>
    </>
  );
}
