import { NumberInput, Select, SimpleGrid } from "@mantine/core";
import type { Chunking } from "../../api/collections";
import { useDocumentTexts } from "./texts";

export type FullChunking = Required<Chunking>;

export const defaultChunking: FullChunking = {
  strategy: "structure",
  max_tokens: 512,
  overlap_tokens: 64,
  parent_tokens: 2048,
};

interface Props {
  value: FullChunking;
  onChange: (value: FullChunking) => void;
}

/** How documents are cut. */
export function ChunkingFields({ value, onChange }: Props) {
  const t = useDocumentTexts();
  const strategies = ["structure", "fixed", "parent_child", "rows"] as const;
  const count = (key: "max_tokens" | "overlap_tokens" | "parent_tokens", min: number, max: number) => (
    <NumberInput
      label={t(`chunking.${key}`)}
      min={min}
      max={max}
      allowDecimal={false}
      value={value[key]}
      onChange={(next) => onChange({ ...value, [key]: Number(next) || min })}
    />
  );
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      <Select
        label={t("chunking.strategy")}
        data={strategies.map((word) => ({ value: word, label: t(`chunking.${word}`) }))}
        allowDeselect={false}
        value={value.strategy}
        onChange={(strategy) => strategy && onChange({ ...value, strategy })}
      />
      {count("max_tokens", 100, 4096)}
      {count("overlap_tokens", 0, Math.floor(value.max_tokens / 2))}
      {value.strategy === "parent_child" && count("parent_tokens", value.max_tokens, 8192)}
    </SimpleGrid>
  );
}
