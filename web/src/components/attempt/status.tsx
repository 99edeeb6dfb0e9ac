import { Badge } from "@mantine/core";
import { useAttempt } from "./texts";

const colours = {
  success: "petrol",
  cache_hit: "cyan",
  error: "red",
  cancelled: "gray",
  interrupted: "orange",
} as const;

export type Status = keyof typeof colours;

export const statuses = Object.keys(colours) as Status[];

function isStatus(word: string): word is Status {
  return word in colours;
}

/** How an attempt ended. */
export function AttemptStatus({ status }: { status: string }) {
  const t = useAttempt();
  if (!isStatus(status)) return <Badge color="gray">{status}</Badge>;
  return <Badge color={colours[status]}>{t(`status.${status}`)}</Badge>;
}
