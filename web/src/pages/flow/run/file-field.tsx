import { FileInput, type FileInputProps, Loader } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { runs } from "../../../api/flows";
import { filesIn } from "../../../flow/files";
import type { Json } from "../../../flow/graph";
import { useSession } from "../session";
import { useTest } from "./texts";

interface Props {
  kind: { accept: string; isList: boolean };
  value: Json | undefined;
  onChange: (value: Json) => void;
}

/** A file or several for a test: sent as soon as they are chosen, so that the run can begin at once. */
export function FileField({
  kind,
  value,
  onChange,
  ...props
}: Props & Pick<FileInputProps, "label" | "description" | "required" | "error">) {
  const t = useTest();
  const session = useSession();
  const [chosen, setChosen] = useState<File[]>([]);
  const sent = useMutation({
    mutationFn: (files: File[]) => Promise.all(files.map((file) => runs.upload(session.id, file))),
    onSuccess: (stored) =>
      onChange(kind.isList ? (stored as unknown as Json) : (stored[0] as unknown as Json)),
    onError: () => setChosen([]),
  });
  const kept = filesIn(value).map(({ name }) => name);
  const choose = (files: File[]) => {
    setChosen(files);
    onChange("");
    if (files.length > 0) sent.mutate(files);
  };
  const shared = {
    ...props,
    accept: kind.accept || undefined,
    clearable: !sent.isPending,
    clearButtonProps: { "aria-label": t("file.drop", { name: chosen.map(({ name }) => name).join(", ") }) },
    disabled: sent.isPending,
    leftSection: sent.isPending ? <Loader size={14} /> : <IconUpload size={15} aria-hidden />,
    placeholder: kept.length > 0 && chosen.length === 0 ? kept.join(", ") : t("file.choose"),
  };
  return kind.isList ? (
    <FileInput {...shared} multiple value={chosen} onChange={choose} />
  ) : (
    <FileInput {...shared} value={chosen[0] ?? null} onChange={(file) => choose(file ? [file] : [])} />
  );
}
