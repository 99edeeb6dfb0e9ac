import { Badge, Code, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Changes, flows } from "../../../api/flows";
import { FailureNotice } from "../../../components/failure-notice";
import { Pending } from "../../../components/pending";
import { ChangeRow } from "../panel/change-row";
import { useDraft } from "../session";
import { useFlow } from "../texts";
import { PermissionLine } from "./permission-sheet";

const parts = ["nodes", "edges", "variables", "project_variables", "secrets", "notes"] as const;

interface Props {
  flow: string;
  from: string;
  to: string;
  /** What the one may touch and the other not is listed, too. */
  hasPermissions?: boolean;
}

/** What differs between two states of a flow, in its graph and in all settings. */
export function DiffView({ flow, from, to, hasPermissions = true }: Props) {
  const t = useFlow();
  const revision = useDraft((state) => state.flow.revision);
  const diff = useQuery({
    queryKey: ["diff", flow, from, to, revision],
    queryFn: () => flows.diff(flow, from, to),
  });
  if (diff.error) return <FailureNotice error={diff.error} />;
  if (!diff.data) return <Pending rows={3} />;
  const { is_same: isSame, layout_changed: isMoved, capabilities_added: added } = diff.data;
  return (
    <Stack gap="xs" component="section" aria-label={t("diff.title")}>
      {isSame && (
        <Text size="sm" c="dimmed">
          {t(isMoved ? "diff.onlyLayout" : "diff.same")}
        </Text>
      )}
      {hasPermissions && added.length > 0 && (
        <Stack gap={2}>
          <Text size="xs" fw={600}>
            {t("diff.capabilities")}
          </Text>
          {added.map((capability) => (
            <PermissionLine key={JSON.stringify(capability)} permission={capability} />
          ))}
        </Stack>
      )}
      {parts.map((part) => (
        <Part key={part} title={t(`diff.${part}`)} changes={diff.data[part]} />
      ))}
    </Stack>
  );
}

function Part({ title, changes }: { title: string; changes: Changes }) {
  const t = useFlow();
  if (changes.added.length + changes.removed.length + changes.changed.length === 0) return null;
  return (
    <Stack gap={4}>
      <Text size="xs" fw={600}>
        {title}
      </Text>
      {changes.added.map((id) => (
        <Group key={`+${id}`} gap={6}>
          <Badge color="teal" size="sm">
            {t("diff.added")}
          </Badge>
          <Code>{id}</Code>
        </Group>
      ))}
      {changes.removed.map((id) => (
        <Group key={`-${id}`} gap={6}>
          <Badge color="red" size="sm">
            {t("diff.removed")}
          </Badge>
          <Code>{id}</Code>
        </Group>
      ))}
      {changes.changed.map((change) => (
        <Stack key={change.id} gap={2}>
          <Group gap={6}>
            <Badge color="cyan" size="sm">
              {t("diff.changed")}
            </Badge>
            <Code>{change.id}</Code>
          </Group>
          {change.changes.map((field) => (
            <ChangeRow key={field.path} change={field} />
          ))}
        </Stack>
      ))}
    </Stack>
  );
}
