import { useKeyNames, useMemberNames, useTeamNames } from "../../api/names";
import { type Status, statuses } from "../../components/attempt/status";
import { useAttempt } from "../../components/attempt/texts";
import type { Dimension } from "./filter";
import { useUsage } from "./texts";

/** What a group is called: ids become names, and what has none says so. */
export function useGroupNames(): (dimension: Dimension, word: string | null | undefined) => string {
  const t = useUsage();
  const attempt = useAttempt();
  const byId = { key: useKeyNames(), user: useMemberNames(), team: useTeamNames() };
  return (dimension, word) => {
    if (!word) return t(`nameless.${dimension}`);
    if (dimension === "key" || dimension === "user" || dimension === "team") {
      return byId[dimension]?.get(word) ?? `…${word.slice(-8)}`;
    }
    const status = statuses.find((one: Status) => dimension === "status" && one === word);
    return status ? attempt(`status.${status}`) : word;
  };
}
