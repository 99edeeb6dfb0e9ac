import {
  ActionIcon,
  Button,
  Code,
  Group,
  Paper,
  PasswordInput,
  Stack,
  Table,
  Text,
  TextInput,
} from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { projects } from "../../api/flows";
import { FailureNotice } from "../../components/failure-notice";
import { isKey, type Json } from "../../flow/graph";
import { ago } from "../../i18n/format";
import { useMay } from "../../session/me";
import { useProjects } from "./texts";

interface Row {
  name: string;
  shown: string;
}

interface Props {
  project: string;
  kind: "variables" | "secrets";
}

/** JSON where the text is some, else the text itself. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** The variables or the secrets that all flows of a project share. */
export function Values({ project, kind }: Props) {
  const t = useProjects();
  const mayWrite = useMay()("projects:write");
  const client = useQueryClient();
  const key = ["projects", project, kind];
  const rows = useQuery({
    queryKey: key,
    queryFn: async (): Promise<Row[]> => {
      if (kind === "secrets") {
        const secrets = await projects.secrets(project);
        return secrets.map(({ name, updated_at }) => ({
          name,
          shown: t("values.set", { ago: ago(updated_at) }),
        }));
      }
      const variables = await projects.variables(project);
      return variables.map(({ name, value }) => ({
        name,
        shown: typeof value === "string" ? value : JSON.stringify(value),
      }));
    },
  });
  const again = () => client.invalidateQueries({ queryKey: key });
  const put = useMutation({
    mutationFn: async ({ name, value }: { name: string; value: string }): Promise<void> => {
      if (kind === "secrets") await projects.putSecret(project, name, { value });
      else await projects.putVariable(project, { name, type: "any", value: parsed(value) });
    },
    onSuccess: again,
  });
  const remove = useMutation({
    mutationFn: (name: string) =>
      kind === "secrets" ? projects.removeSecret(project, name) : projects.removeVariable(project, name),
    onSuccess: again,
  });
  if (rows.error) return <FailureNotice error={rows.error} onRetry={() => void rows.refetch()} />;
  const code = kind === "secrets" ? "{{ secrets.name }}" : "{{ vars.name }}";
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t(kind === "secrets" ? "values.secretsHint" : "values.variablesHint", { code })}
      </Text>
      <Paper radius="lg">
        <Table aria-label={t(`values.${kind}`)}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("values.name")}</Table.Th>
              <Table.Th>{t("values.value")}</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.data?.map(({ name, shown }) => (
              <Table.Tr key={name}>
                <Table.Td>
                  <Code>{name}</Code>
                </Table.Td>
                <Table.Td>
                  <Text size="sm" lineClamp={2}>
                    {shown}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">
                  {mayWrite && (
                    <ActionIcon
                      aria-label={t(kind === "secrets" ? "values.removeSecret" : "values.removeVariable", {
                        name,
                      })}
                      onClick={() => remove.mutate(name)}
                    >
                      <IconTrash size={16} />
                    </ActionIcon>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {rows.data?.length === 0 && (
          <Text size="sm" c="dimmed" p="md">
            {t("values.none")}
          </Text>
        )}
      </Paper>
      {mayWrite && <AddValue kind={kind} isBusy={put.isPending} onAdd={(row) => put.mutateAsync(row)} />}
    </Stack>
  );
}

interface AddProps {
  kind: Props["kind"];
  isBusy: boolean;
  onAdd: (row: { name: string; value: string }) => Promise<void>;
}

function AddValue({ kind, isBusy, onAdd }: AddProps) {
  const t = useProjects();
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const Field = kind === "secrets" ? PasswordInput : TextInput;
  const isWrong = name !== "" && !isKey(name);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!isKey(name)) return;
        void onAdd({ name, value }).then(
          () => {
            setName("");
            setValue("");
          },
          () => undefined,
        );
      }}
    >
      <Group align="flex-start" gap="xs">
        <TextInput
          flex="1 1 160px"
          label={t("values.name")}
          value={name}
          error={isWrong && t("values.invalidName")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Field
          flex="2 1 220px"
          label={t("values.value")}
          value={value}
          autoComplete="off"
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        <Button
          type="submit"
          mt={22}
          variant="default"
          leftSection={<IconPlus size={15} />}
          disabled={!isKey(name)}
          loading={isBusy}
        >
          {t("values.add")}
        </Button>
      </Group>
    </form>
  );
}
