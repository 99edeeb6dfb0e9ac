import { Stack } from "@mantine/core";
import { Cases } from "./cases";
import { Evaluations } from "./evaluations";

interface Props {
  collection: string;
  mayWrite: boolean;
}

/** How well a collection answers the questions that it should. */
export function EvaluationPanel(props: Props) {
  return (
    <Stack gap="xl">
      <Evaluations {...props} />
      <Cases {...props} />
    </Stack>
  );
}
