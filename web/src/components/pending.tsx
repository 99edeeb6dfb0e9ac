import { Skeleton, Stack } from "@mantine/core";
import { useEffect, useState } from "react";
import { useCommon } from "../i18n/common";

/** Grey lines in the place of what comes, after 150 ms: what is faster than that would only flicker. */
export function Pending({ rows = 6, height = 34 }: { rows?: number; height?: number }) {
  const t = useCommon();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  const lines = Array.from({ length: rows }, (_, row) => row);
  return (
    <Stack
      gap={8}
      role="status"
      aria-label={t("loading")}
      style={{ visibility: late ? "visible" : "hidden" }}
    >
      {lines.map((row) => (
        <Skeleton key={row} height={height} radius="sm" />
      ))}
    </Stack>
  );
}
