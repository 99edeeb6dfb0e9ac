import { ActionIcon, Anchor, Button, Group, Menu, Stack, Tabs } from "@mantine/core";
import { IconArrowLeft, IconDots, IconEdit, IconMessageQuestion } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { type Collection, collections, type Work } from "../../api/collections";
import { Confirm } from "../../components/confirm";
import { CopyButton } from "../../components/copy-button";
import { FailureNotice } from "../../components/failure-notice";
import { Page } from "../../components/page";
import { Pending } from "../../components/pending";
import { showDone } from "../../components/toast";
import { useUrlState } from "../../components/url-state";
import { useMay } from "../../session/me";
import { ChunkPreview } from "./chunk-preview";
import { CollectionDialog } from "./collection-dialog";
import { isOver, useChange, useCollection, useJobs } from "./data";
import { DocumentTable } from "./document-table";
import { EvaluationPanel } from "./evaluation/panel";
import { JobProgress } from "./job-progress";
import { SearchPanel } from "./search-panel";
import { SourcesPanel } from "./sources/panel";
import { useDocumentTexts } from "./texts";
import { Upload } from "./upload";

/** One collection: its documents, a search, and how it cuts. */
export default function CollectionPage() {
  const { collection: id } = useParams({ strict: false }) as { collection: string };
  const { data, error, refetch } = useCollection(id);
  if (error) {
    return (
      <Page title="">
        <FailureNotice error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  if (!data) {
    return (
      <Page title="">
        <Pending />
      </Page>
    );
  }
  return <View collection={data} />;
}

function View({ collection }: { collection: Collection }) {
  const t = useDocumentTexts();
  const may = useMay();
  const mayWrite = may("collections:write");
  const [tab, setTab] = useUrlState("tab", "documents");
  const jobs = useJobs(collection.id);
  const whole = jobs
    .filter((job) => !job.document_id && (!isOver(job) || job.state === "failed"))
    .slice(0, 3);
  const actions = (
    <>
      {may("models:use") && (
        <Button
          component={Link}
          to={`/ask?collection=${collection.id}`}
          variant="default"
          leftSection={<IconMessageQuestion size={16} />}
        >
          {t("ask")}
        </Button>
      )}
      {mayWrite && <Actions collection={collection} />}
    </>
  );
  return (
    <Page title={collection.name} description={collection.description} actions={actions}>
      <Group justify="space-between" mb="sm">
        <Anchor component={Link} to="/documents" size="sm">
          <Group gap={4}>
            <IconArrowLeft size={14} />
            {t("back")}
          </Group>
        </Anchor>
        <CopyButton value={vectorStoreId(collection.id)} label={t("vectorStore")} />
      </Group>
      <Stack gap="xs" mb={whole.length ? "sm" : 0}>
        {whole.map((job) => (
          <JobProgress key={job.id} job={job} name={collection.name} mayCancel={mayWrite} />
        ))}
      </Stack>
      <Tabs value={tab} onChange={(next) => setTab(next ?? "documents")} keepMounted={false}>
        <Tabs.List mb="sm">
          {(["documents", "sources", "search", "evaluation", "preview"] as const).map((word) => (
            <Tabs.Tab key={word} value={word}>
              {t(`tab.${word}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="documents">
          <Stack gap="sm">
            {mayWrite && <Upload collection={collection.id} />}
            <DocumentTable collection={collection.id} jobs={jobs} mayWrite={mayWrite} />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="sources">
          <SourcesPanel collection={collection.id} mayWrite={mayWrite} />
        </Tabs.Panel>
        <Tabs.Panel value="search">
          <SearchPanel collection={collection.id} mayWrite={mayWrite} />
        </Tabs.Panel>
        <Tabs.Panel value="evaluation">
          <EvaluationPanel collection={collection.id} mayWrite={mayWrite} />
        </Tabs.Panel>
        <Tabs.Panel value="preview">
          <ChunkPreview collection={collection} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

/** The id under which OpenAI's clients know a collection. */
function vectorStoreId(collection: string) {
  return `vs_${collection.replaceAll("-", "")}`;
}

function Actions({ collection }: { collection: Collection }) {
  const t = useDocumentTexts();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"edit" | "remove">();
  const work = useChange(
    (kind: Work) => collections.work(collection.id, kind),
    () => showDone(t("started")),
  );
  const remove = useChange(
    () => collections.remove(collection.id),
    () => {
      showDone(t("removed", { name: collection.name }));
      void navigate({ to: "/documents" } as never);
    },
  );
  return (
    <>
      <Button variant="default" leftSection={<IconEdit size={16} />} onClick={() => setDialog("edit")}>
        {t("edit")}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={t("more")}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {(["rechunk", "reembed", "reindex"] as const).map((kind) => (
            <Menu.Item key={kind} onClick={() => work.mutate(kind)}>
              {t(kind)}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item color="red" onClick={() => setDialog("remove")}>
            {t("remove")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <CollectionDialog
        isOpen={dialog === "edit"}
        collection={collection}
        onClose={() => setDialog(undefined)}
        onDone={() => setDialog(undefined)}
      />
      <Confirm
        isOpen={dialog === "remove"}
        title={t("removeTitle", { name: collection.name })}
        hint={t("removeHint")}
        confirm={t("remove")}
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate(undefined)}
        onClose={() => setDialog(undefined)}
      />
    </>
  );
}
