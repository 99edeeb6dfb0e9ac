import { Button, Divider, Stack } from "@mantine/core";
import { IconBrandGithub, IconBrandGoogle, IconLogin2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { providersQuery } from "../../session/providers";
import { useLogin } from "./texts";

const icons = { google: IconBrandGoogle, github: IconBrandGithub, oidc: IconLogin2 };

interface Props {
  /** The page that was wanted. */
  to: string;
}

/** Buttons of the providers whose accounts sign people in. */
export function Providers({ to }: Props) {
  const t = useLogin();
  const { data: providers = [] } = useQuery(providersQuery);
  if (providers.length === 0) return null;
  return (
    <Stack gap="sm">
      <Divider label={t("or")} />
      {providers.map(({ id, kind, title, start_url }) => {
        const Glyph = icons[kind] ?? IconLogin2;
        return (
          <Button
            key={id}
            component="a"
            href={`${start_url}?${new URLSearchParams({ return_to: to })}`}
            variant="default"
            fullWidth
            leftSection={<Glyph size={18} />}
          >
            {t("continueWith", { provider: title })}
          </Button>
        );
      })}
    </Stack>
  );
}
