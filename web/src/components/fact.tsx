import { Group, Text } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  name: string;
  /** Width of the names' column in pixels. */
  width?: number;
  children: ReactNode;
}

/** A name and what it stands for, in one line. */
export function Fact({ name, width = 120, children }: Props) {
  return (
    <Group gap="sm" align="flex-start" wrap="nowrap">
      <Text size="sm" c="dimmed" w={width} style={{ flexShrink: 0 }}>
        {name}
      </Text>
      <Text size="sm" component="div" miw={0} className="tabular" style={{ overflowWrap: "anywhere" }}>
        {children}
      </Text>
    </Group>
  );
}
