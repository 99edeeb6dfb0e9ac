import {
  Button,
  Checkbox,
  ColorInput,
  FileInput,
  Group,
  NumberInput,
  PasswordInput,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { useState } from "react";
import type { FlowPage, PageAccess, PageSettings, PutPage } from "../../../api/flows";
import { usePageTexts } from "./texts";

interface Props {
  page: FlowPage;
  isBusy: boolean;
  onSave: (wanted: PutPage) => void;
}

const mostLogoBytes = 64 * 1024;
const accesses: PageAccess[] = ["public", "members", "password"];

/** Who may use a page, how it looks, where it may be shown, and how much it may be used. */
export function PageSettingsForm({ page, isBusy, onSave }: Props) {
  const t = usePageTexts();
  const [access, setAccess] = useState(page.access);
  const [password, setPassword] = useState("");
  const [isRenewed, setRenewed] = useState(false);
  const [settings, setSettings] = useState(page.settings);
  const [problem, setProblem] = useState("");
  const set = (change: Partial<PageSettings>) => setSettings((before) => ({ ...before, ...change }));
  const choose = (file: File | null) => {
    setProblem("");
    if (!file) return;
    if (file.size > mostLogoBytes) {
      setProblem(t("logoTooLarge"));
      return;
    }
    const reader = new FileReader();
    reader.onload = () => set({ logo: String(reader.result) });
    reader.readAsDataURL(file);
  };
  const limit = (name: "visitor_per_minute" | "page_per_hour" | "max_message_chars", max: number) => ({
    min: 1,
    max,
    value: settings[name],
    onChange: (value: number | string) => set({ [name]: Number(value) || 1 }),
  });
  return (
    <Stack gap="sm">
      <Select
        label={t("access")}
        description={access === "members" ? t("membersHint") : undefined}
        data={accesses.map((value) => ({ value, label: t(value) }))}
        allowDeselect={false}
        value={access}
        onChange={(value) => setAccess((value as PageAccess | null) ?? "public")}
      />
      {access === "password" && (
        <PasswordInput
          label={t("newPassword")}
          description={page.has_password ? t("keepPassword") : t("newPasswordHint")}
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
      )}
      <TagsInput
        label={t("origins")}
        description={t("originsHint")}
        value={settings.allowed_origins}
        acceptValueOnBlur
        onChange={(allowed_origins) => set({ allowed_origins })}
      />
      <TextInput
        label={t("title")}
        description={t("titleHint")}
        maxLength={120}
        value={settings.title}
        onChange={(event) => set({ title: event.currentTarget.value })}
      />
      <ColorInput
        label={t("color")}
        withEyeDropper={false}
        format="hex"
        value={settings.color}
        onChange={(color) => set({ color })}
      />
      <Group align="flex-end" wrap="nowrap">
        <FileInput
          flex={1}
          label={t("logo")}
          description={t("logoHint")}
          error={problem}
          accept="image/png,image/jpeg,image/webp,image/svg+xml"
          onChange={choose}
        />
        {settings.logo && (
          <>
            <img src={settings.logo} alt="" width={36} height={36} style={{ objectFit: "contain" }} />
            <Button variant="default" onClick={() => set({ logo: "" })}>
              {t("removeLogo")}
            </Button>
          </>
        )}
      </Group>
      <NumberInput label={t("perMinute")} {...limit("visitor_per_minute", 600)} />
      <NumberInput label={t("perHour")} {...limit("page_per_hour", 1_000_000)} />
      <NumberInput label={t("maxChars")} {...limit("max_message_chars", 100_000)} />
      <Text size="xs" c="dimmed">
        {t(page.kind === "chat" ? "trigger" : "formTrigger")}
      </Text>
      {page.path && (
        <Checkbox
          label={t("newAddress")}
          checked={isRenewed}
          onChange={(event) => setRenewed(event.currentTarget.checked)}
        />
      )}
      <Group justify="flex-end">
        <Button
          loading={isBusy}
          onClick={() =>
            onSave({
              is_on: page.is_on,
              access,
              settings,
              new_address: isRenewed,
              ...(access === "password" && password ? { password } : {}),
            })
          }
        >
          {t("save")}
        </Button>
      </Group>
    </Stack>
  );
}
