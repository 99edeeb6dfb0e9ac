import { Text } from "@mantine/core";
import type { TemplateSummary } from "../../api/templates";
import { useTemplates } from "./texts";

/** How hard it is, how long it takes, how large it is. */
export function TemplateFacts({ template }: { template: TemplateSummary }) {
  const t = useTemplates();
  return (
    <Text size="xs" c="dimmed" className="tabular">
      {[
        t(`complexity.${template.complexity}`),
        t("minutes", { count: template.setup_minutes }),
        t("nodes", { count: template.node_count }),
        ...template.tags,
      ].join(" · ")}
    </Text>
  );
}
