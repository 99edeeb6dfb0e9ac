import { Modal, Stack, Table, Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { FailureNotice } from "../../components/failure-notice";
import { Pending } from "../../components/pending";
import { roles } from "../../components/role/role";
import { useRoleTexts } from "../../components/role/texts";
import { useMembers } from "./texts";

/** The table of roles and permissions that the server enforces. */
export function RoleTable({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const t = useMembers();
  const role = useRoleTexts();
  const table = useQuery({
    queryKey: ["permissions"],
    enabled: isOpen,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => body(api.GET("/api/v1/permissions")),
  });
  return (
    <Modal opened={isOpen} onClose={onClose} title={t("rolesTitle")} size="xl">
      <Stack gap="md">
        <Stack gap={4}>
          {roles.map((one) => (
            <Text key={one} size="sm">
              <Text span inherit fw={600}>
                {role(one)}
              </Text>
              : {role(`hint.${one}`)}
            </Text>
          ))}
        </Stack>
        {table.error && <FailureNotice error={table.error} onRetry={table.refetch} />}
        {table.isPending && <Pending />}
        {table.data && (
          <Table.ScrollContainer minWidth={420}>
            <Table aria-label={t("rolesTitle")} verticalSpacing={4}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("permission")}</Table.Th>
                  {roles.map((one) => (
                    <Table.Th key={one} ta="center">
                      {role(one)}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {table.data.permissions.map((permission) => (
                  <Table.Tr key={permission}>
                    <Table.Td ff="monospace" fz="xs">
                      {permission}
                    </Table.Td>
                    {roles.map((one) => {
                      const allows = table.data.roles[one]?.includes(permission);
                      return (
                        <Table.Td key={one} ta="center">
                          {allows ? (
                            <IconCheck size={15} role="img" aria-label={t("allowed")} />
                          ) : (
                            <Text span c="dimmed" role="img" aria-label={t("notAllowed")}>
                              –
                            </Text>
                          )}
                        </Table.Td>
                      );
                    })}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Stack>
    </Modal>
  );
}
