import { Button } from "@mantine/core";
import { IconBooks } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Collection } from "../api/collections";
import { defineTexts } from "../i18n/texts";
import { useMay } from "../session/me";
import { ensureSample } from "./sample-collection";

const useSampleTexts = defineTexts("sample-documents", {
  en: { make: "Use sample documents" },
  de: { make: "Beispieldokumente benutzen" },
});

/** Makes the sample documents, for those who may. */
export function SampleButton({ onDone }: { onDone: (made: Collection) => void }) {
  const t = useSampleTexts();
  const may = useMay();
  const client = useQueryClient();
  const creation = useMutation({
    mutationFn: ensureSample,
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ["collections"] });
      onDone(made);
    },
  });
  if (!may("collections:write")) return null;
  return (
    <Button
      variant="default"
      leftSection={<IconBooks size={16} />}
      loading={creation.isPending}
      onClick={() => creation.mutate()}
    >
      {t("make")}
    </Button>
  );
}
