import { ActionIcon, Button, CopyButton as Copy, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useCommon } from "../i18n/common";

interface Props {
  value: string;
  /** Says what is copied; the button then has this text instead of an icon alone. */
  label?: string;
}

export function CopyButton({ value, label }: Props) {
  const t = useCommon();
  return (
    <Copy value={value} timeout={1_500}>
      {({ copied, copy }) => {
        const icon = copied ? <IconCheck size={15} /> : <IconCopy size={15} />;
        if (label) {
          return (
            <Button variant="default" size="compact-sm" leftSection={icon} onClick={copy}>
              {copied ? t("copied") : label}
            </Button>
          );
        }
        return (
          <Tooltip label={copied ? t("copied") : t("copy")}>
            <ActionIcon size="sm" onClick={copy} aria-label={copied ? t("copied") : t("copy")}>
              {icon}
            </ActionIcon>
          </Tooltip>
        );
      }}
    </Copy>
  );
}
