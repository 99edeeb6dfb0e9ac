import { Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import { FailureNotice } from "../../components/failure-notice";
import { useCommon } from "../../i18n/common";
import { useMe } from "../../session/me";
import { useSession } from "../../session/texts";
import { useProfile } from "./texts";

export function DeleteAccount() {
  const t = useProfile();
  const common = useCommon();
  const session = useSession();
  const { user } = useMe();
  const [isOpen, setOpen] = useState(false);
  const [password, setPassword] = useState("");
  const deletion = useMutation({
    meta: { silent: true },
    mutationFn: () =>
      body(
        api.POST("/api/v1/auth/delete-account", {
          body: { password: user.password_changed_at ? password : undefined },
        }),
      ),
    onSuccess: () => location.assign("/login"),
  });
  return (
    <>
      <Button color="red" variant="light" onClick={() => setOpen(true)}>
        {t("delete")}
      </Button>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title={t("deleteTitle")}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            deletion.mutate();
          }}
        >
          <Stack gap="sm">
            <Text size="sm">{t("dangerHint")}</Text>
            {user.password_changed_at && (
              <PasswordInput
                label={t("deletePassword")}
                autoComplete="current-password"
                visibilityToggleButtonProps={{ "aria-label": session("showPassword") }}
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
                data-autofocus
              />
            )}
            {deletion.error && <FailureNotice error={deletion.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setOpen(false)}>
                {common("cancel")}
              </Button>
              <Button type="submit" color="red" loading={deletion.isPending}>
                {t("delete")}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
