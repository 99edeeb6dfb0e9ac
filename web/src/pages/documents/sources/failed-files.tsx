import { Modal, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type CollectionSource, sources } from "../../../api/sources";
import { FailureNotice } from "../../../components/failure-notice";
import { Pending } from "../../../components/pending";
import { useSourceTexts } from "./texts";

interface Props {
  collection: string;
  /** Absent while the dialog is closed. */
  source: CollectionSource | undefined;
  onClose: () => void;
}

/** Which files of a source could not be taken, and why. */
export function FailedFiles({ collection, source, onClose }: Props) {
  const t = useSourceTexts();
  return (
    <Modal
      opened={source !== undefined}
      onClose={onClose}
      title={t("failedOf", { name: source?.name ?? "" })}
      size="lg"
    >
      {source && <Files collection={collection} source={source} />}
    </Modal>
  );
}

function Files({ collection, source }: { collection: string; source: CollectionSource }) {
  const t = useSourceTexts();
  const { data, error, refetch } = useQuery({
    queryKey: ["source-files", collection, source.id],
    queryFn: () => sources.failed(collection, source.id),
  });
  if (error) return <FailureNotice error={error} onRetry={() => void refetch()} />;
  if (!data) return <Pending />;
  if (!data.length) return <Text size="sm">{t("allWell")}</Text>;
  return (
    <Table aria-label={t("failedOf", { name: source.name })}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("file")}</Table.Th>
          <Table.Th>{t("why")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {data.map((file) => (
          <Table.Tr key={file.id}>
            <Table.Td style={{ overflowWrap: "anywhere" }}>{file.path}</Table.Td>
            <Table.Td>{file.error}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
