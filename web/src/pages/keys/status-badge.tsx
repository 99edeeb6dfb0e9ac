import { Badge } from "@mantine/core";
import { type ApiKey, statusOf } from "./key";
import { useKeys } from "./texts";

const colours = { active: "petrol", revoked: "red", expired: "gray" } as const;

export function StatusBadge({ apiKey }: { apiKey: ApiKey }) {
  const t = useKeys();
  const status = statusOf(apiKey);
  return <Badge color={colours[status]}>{t(`status.${status}`)}</Badge>;
}
