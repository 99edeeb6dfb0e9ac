import { Group, Progress, Text } from "@mantine/core";

interface Props {
  /** What screen readers call it. */
  label: string;
  percent: number;
  /** What stands at the right of the bar. */
  text?: string;
}

/** How much of a budget is used: green, orange from 80 percent, red when it is gone. */
export function Meter({ label, percent, text }: Props) {
  const color = percent >= 100 ? "red" : percent >= 80 ? "orange" : "petrol";
  return (
    <Group gap="xs" wrap="nowrap">
      <Progress.Root size="sm" flex="1 1 70px" miw={50}>
        <Progress.Section
          value={Math.min(100, percent)}
          color={color}
          aria-label={label}
          aria-valuetext={`${Math.round(percent)} %`}
        />
      </Progress.Root>
      {text && (
        <Text size="xs" className="tabular" style={{ whiteSpace: "nowrap" }}>
          {text}
        </Text>
      )}
    </Group>
  );
}
