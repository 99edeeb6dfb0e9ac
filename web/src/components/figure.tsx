import { Paper, Text, UnstyledButton } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./figure.module.css";

interface Props {
  label: string;
  value: ReactNode;
  /** A second, smaller line. */
  note?: ReactNode;
  /** Makes it a button, which says whether it is the one that is chosen. */
  choice?: { isChosen: boolean; choose: () => void };
}

/** A number that matters, with its name. */
export function Figure({ label, value, note, choice }: Props) {
  const content = (
    <>
      <Text size="xs" c="dimmed" className="truncate" component="span" display="block">
        {label}
      </Text>
      <Text size="xl" fw={600} className="tabular truncate" component="span" display="block">
        {value}
      </Text>
      {note != null && (
        <Text size="xs" c="dimmed" className="tabular truncate" component="span" display="block">
          {note}
        </Text>
      )}
    </>
  );
  if (!choice) {
    return (
      <Paper px="md" py="sm" radius="lg" miw={0}>
        {content}
      </Paper>
    );
  }
  return (
    <UnstyledButton className={classes.choice} aria-pressed={choice.isChosen} onClick={choice.choose}>
      {content}
    </UnstyledButton>
  );
}
