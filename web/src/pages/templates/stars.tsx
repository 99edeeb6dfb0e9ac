import { Group, Rating, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Template, type TemplateSummary, templates } from "../../api/templates";
import { number } from "../../i18n/format";
import { useMay } from "../../session/me";
import { useTemplates } from "./texts";

/** What people think of a template, and how often it was used. */
export function Figures({ template }: { template: TemplateSummary }) {
  const t = useTemplates();
  const { average, count } = template.rating;
  const uses = t("uses", { count: template.uses });
  return (
    <Group gap={6}>
      {average !== null && (
        <>
          <Rating
            value={average}
            fractions={4}
            readOnly
            size="xs"
            role="img"
            aria-label={t("stars.average", { average: number(Math.round(average * 10) / 10), count })}
          />
          <Text size="xs" c="dimmed" className="tabular" aria-hidden>
            {number(Math.round(average * 10) / 10)} ({number(count)})
          </Text>
        </>
      )}
      {template.uses > 0 && (
        <Text size="xs" c="dimmed" className="tabular">
          {average !== null && "· "}
          {uses}
        </Text>
      )}
    </Group>
  );
}

/** The caller's own stars; the same star again takes them back. */
export function OwnStars({ template }: { template: Template }) {
  const t = useTemplates();
  const may = useMay();
  const client = useQueryClient();
  const rating = useMutation({
    mutationFn: (stars: number) => templates.rate(template.slug, stars),
    onSuccess: (next) => {
      client.setQueryData<Template>(["templates", template.slug], (old) => old && { ...old, rating: next });
      void client.invalidateQueries({ queryKey: ["templates", "list"] });
    },
  });
  if (!may("projects:write")) return null;
  const mine = template.rating.mine ?? 0;
  return (
    <Group gap={6}>
      <Text size="xs" c="dimmed" id="own-stars">
        {t(mine === 0 ? "stars.give" : "stars.mine")}
      </Text>
      <Rating
        role="radiogroup"
        aria-labelledby="own-stars"
        value={mine}
        readOnly={rating.isPending}
        getSymbolLabel={(stars) => t("stars.label", { count: stars })}
        onChange={(stars) => rating.mutate(stars === mine ? 0 : stars)}
      />
      {mine > 0 && (
        <Text
          component="button"
          type="button"
          size="xs"
          c="dimmed"
          td="underline"
          style={{ border: 0, background: "none", cursor: "pointer" }}
          onClick={() => rating.mutate(0)}
        >
          {t("stars.takeBack")}
        </Text>
      )}
    </Group>
  );
}
