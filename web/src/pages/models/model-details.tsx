import { Badge, Button, Drawer, Group, Stack, Text, Title } from "@mantine/core";
import { IconMessages } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { CopyButton } from "../../components/copy-button";
import { Fact } from "../../components/fact";
import { helloCall } from "../../components/snippet";
import { Snippets } from "../../components/snippets";
import { money, number } from "../../i18n/format";
import { useMay } from "../../session/me";
import { type ModelRow, modeOf, priceOf } from "./model";
import { useModelTexts } from "./texts";
import { useModelWords } from "./words";

/** One model: what it can, what it costs, how to call it. */
export function ModelDetails({ row, onClose }: { row: ModelRow | undefined; onClose: () => void }) {
  return (
    <Drawer
      opened={row !== undefined}
      onClose={onClose}
      position="right"
      size={480}
      title={
        row && (
          <Group gap={4} wrap="nowrap">
            <Text fw={600} style={{ overflowWrap: "anywhere" }}>
              {row.id}
            </Text>
            <CopyButton value={row.id} />
          </Group>
        )
      }
    >
      {row && <Content row={row} />}
    </Drawer>
  );
}

function Content({ row }: { row: ModelRow }) {
  const t = useModelTexts();
  const may = useMay();
  const words = useModelWords();
  const isChat = row.mode === null || row.mode === "chat";
  return (
    <Stack gap="lg">
      <section>
        <Title order={3} mb="xs">
          {t("details.about")}
        </Title>
        <Stack gap={6}>
          <Fact name={t("column.provider")}>{row.isAlias ? t("alias") : row.provider}</Fact>
          {row.isAlias && (
            <Text size="sm" c="dimmed">
              {t("aliasHint")}
            </Text>
          )}
          <Fact name={t("column.mode")}>{words.mode(modeOf(row))}</Fact>
          {row.window !== null && (
            <Fact name={t("details.window")}>{t("details.tokens", { tokens: number(row.window) })}</Fact>
          )}
          {row.maxOutput !== null && (
            <Fact name={t("details.output")}>{t("details.tokens", { tokens: number(row.maxOutput) })}</Fact>
          )}
          {row.capabilities.length > 0 && (
            <Fact name={t("column.capabilities")}>
              <Group gap={4}>
                {row.capabilities.map((word) => (
                  <Badge key={word} color="gray">
                    {words.capability(word)}
                  </Badge>
                ))}
              </Group>
            </Fact>
          )}
        </Stack>
      </section>
      <PriceList row={row} />
      {isChat && may("models:use") && (
        <section>
          <Title order={3} mb="xs">
            {t("details.snippet")}
          </Title>
          <Stack gap="sm">
            <Button
              component={Link}
              to={`/playground?model=${encodeURIComponent(row.id)}`}
              variant="default"
              leftSection={<IconMessages size={16} />}
              style={{ alignSelf: "flex-start" }}
            >
              {t("details.try")}
            </Button>
            <Snippets call={{ ...helloCall, model: row.id }} />
          </Stack>
        </section>
      )}
    </Stack>
  );
}

function PriceList({ row }: { row: ModelRow }) {
  const t = useModelTexts();
  const prices = Object.entries(row.prices?.prices ?? {}).filter(([, amount]) => typeof amount === "number");
  if (row.isAlias || row.provider === "builtin") return null;
  return (
    <section>
      <Title order={3} mb="xs">
        {t("details.prices")}
      </Title>
      {prices.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("details.unpriced")}
        </Text>
      )}
      <Stack gap={4}>
        {prices.map(([key, amount]) => {
          const { unit, nanoUsd } = priceOf(key, amount);
          const values = { amount: money(nanoUsd), unit: t(`details.units.${unit}`) };
          return (
            <Fact key={key} name={key} width={190}>
              {t("details.per", values)}
            </Fact>
          );
        })}
      </Stack>
      {row.prices?.version && (
        <Text size="xs" c="dimmed" mt="xs">
          {t("details.version", { version: row.prices.version })}
        </Text>
      )}
    </section>
  );
}
