import { ActionIcon, Group, Menu } from "@mantine/core";
import { IconDots, IconEdit, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import { Confirm } from "../../components/confirm";
import type { Rule } from "../../components/rules/rule";
import { RuleDialog } from "../../components/rules/rule-dialog";
import { useRuleWords } from "../../components/rules/words";
import { showDone } from "../../components/toast";
import { useMay } from "../../session/me";
import { useSettings } from "./texts";

/** Changes or deletes a limit or budget. */
export function RuleMenu({ rule }: { rule: Rule }) {
  const t = useSettings();
  const may = useMay();
  const client = useQueryClient();
  const words = useRuleWords();
  const what = words.rule(rule);
  const [isChanging, setChanging] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const deletion = useMutation({
    mutationFn: () => {
      const params = { path: { id: rule.rule.id } };
      return rule.kind === "limit"
        ? body(api.DELETE("/api/v1/limits/{id}", { params }))
        : body(api.DELETE("/api/v1/budgets/{id}", { params }));
    },
    onSettled: () => setDeleting(false),
    onSuccess: async () => {
      showDone(t("rule.deleted"));
      for (const key of ["limits", "budgets", "billing", "rules"]) {
        await client.invalidateQueries({ queryKey: [key] });
      }
    },
  });
  if (!may("limits:write")) return null;
  return (
    <Group justify="flex-end">
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label={t("rule.menu", { what })}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconEdit size={15} />} onClick={() => setChanging(true)}>
            {t("rule.change")}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => setDeleting(true)}>
            {t("rule.delete")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <RuleDialog isOpen={isChanging} kind={rule.kind} rule={rule} onClose={() => setChanging(false)} />
      <Confirm
        isOpen={isDeleting}
        title={t("rule.deleteTitle", { what })}
        hint={t("rule.deleteHint")}
        confirm={t("rule.delete")}
        isBusy={deletion.isPending}
        onConfirm={() => deletion.mutate()}
        onClose={() => setDeleting(false)}
      />
    </Group>
  );
}
