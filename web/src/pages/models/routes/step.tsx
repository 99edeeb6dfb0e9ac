import { ActionIcon, Autocomplete, Button, Group, NumberInput, Paper, Stack, Text } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";
import { type DraftTarget, newTarget, shares } from "./draft";
import { useRouteTexts } from "./texts";

interface Props {
  /** From 1. */
  number: number;
  count: number;
  targets: DraftTarget[];
  /** Names that are offered. */
  models: string[];
  /** Empty fields are marked. */
  isChecked: boolean;
  /** The target that the server refused, and why. */
  refused: string | undefined;
  refusal: string;
  onChange: (targets: DraftTarget[]) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

/** Targets that share calls; the next step is tried when all of them fail. */
export function Step(props: Props) {
  const { number, count, targets, models, isChecked, refused, refusal, onChange, onMove, onRemove } = props;
  const t = useRouteTexts();
  const parts = shares(targets.map(({ weight }) => weight));
  const change = (key: number, part: Partial<DraftTarget>) =>
    onChange(targets.map((target) => (target.key === key ? { ...target, ...part } : target)));
  const errorOf = ({ model }: DraftTarget) => {
    if (isChecked && model.trim() === "") return t("needed");
    return refused !== undefined && refused === model.trim() ? refusal : undefined;
  };
  return (
    <Paper withBorder p="sm" radius="md" role="group" aria-label={t("step", { number })}>
      <Stack gap="xs">
        <Group justify="space-between" wrap="nowrap">
          <Text size="sm" fw={550}>
            {number === 1 ? t("firstStep") : t("nextStep")}
          </Text>
          {count > 1 && (
            <Group gap={2} wrap="nowrap">
              <ActionIcon aria-label={t("up", { number })} disabled={number === 1} onClick={() => onMove(-1)}>
                <IconArrowUp size={16} />
              </ActionIcon>
              <ActionIcon
                aria-label={t("down", { number })}
                disabled={number === count}
                onClick={() => onMove(1)}
              >
                <IconArrowDown size={16} />
              </ActionIcon>
              <ActionIcon aria-label={t("removeStep", { number })} onClick={onRemove}>
                <IconTrash size={16} />
              </ActionIcon>
            </Group>
          )}
        </Group>
        {targets.map((target, index) => {
          const share = parts[index];
          return (
            <Group key={target.key} gap="xs" align="flex-start" wrap="nowrap">
              <Autocomplete
                flex={1}
                aria-label={t("target", { number: index + 1, step: number })}
                placeholder={t("targetPlaceholder")}
                data={models}
                limit={50}
                value={target.model}
                error={errorOf(target)}
                onChange={(model) => change(target.key, { model })}
              />
              {targets.length > 1 && (
                <>
                  <NumberInput
                    w={84}
                    aria-label={t("weight", { number: index + 1, step: number })}
                    min={0}
                    max={1_000_000}
                    allowDecimal={false}
                    value={target.weight}
                    onChange={(weight) =>
                      change(target.key, { weight: typeof weight === "number" ? weight : "" })
                    }
                  />
                  <Text size="xs" c="dimmed" w={40} mt={10} className="tabular">
                    {share === null || share === undefined ? "–" : `${Math.round(share * 100)} %`}
                  </Text>
                  <ActionIcon
                    mt={4}
                    aria-label={t("removeTarget", { number: index + 1, step: number })}
                    onClick={() => onChange(targets.filter(({ key }) => key !== target.key))}
                  >
                    <IconTrash size={16} />
                  </ActionIcon>
                </>
              )}
            </Group>
          );
        })}
        <Group>
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<IconPlus size={13} />}
            onClick={() => onChange([...targets, newTarget()])}
          >
            {t("share")}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}
