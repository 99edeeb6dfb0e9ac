import { useMantineColorScheme } from "@mantine/core";
import { Spotlight, type SpotlightActionGroupData, spotlight } from "@mantine/spotlight";
import {
  IconBuilding,
  IconLanguage,
  IconLogout,
  IconSearch,
  IconSunMoon,
  IconUserCog,
} from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { currentLanguage, type Language, languages, setLanguage } from "../../i18n/language";
import { useMe } from "../../session/me";
import { useSignOut } from "../../session/sign-out";
import { useSwitchOrganization } from "../../session/switch-organization";
import { isOpen } from "../guard";
import { pages } from "../pages";
import { openNewOrganization } from "./open-palette";
import { useShell } from "./texts";

const size = { size: 17, stroke: 1.7 };

/** Ctrl+K: every page and command by its name. */
export default function Palette() {
  const t = useShell();
  const me = useMe();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const switchTo = useSwitchOrganization();
  const { setColorScheme } = useMantineColorScheme();
  // It is loaded when it is wanted for the first time.
  useEffect(() => {
    spotlight.open();
    window.addEventListener("open-palette", spotlight.open);
    return () => window.removeEventListener("open-palette", spotlight.open);
  }, []);

  const reachable = pages.filter((entry) => !entry.path.includes("$") && isOpen(entry, me));
  const actions: SpotlightActionGroupData[] = [
    {
      group: t("pages"),
      actions: reachable.map(({ path, title, icon: Glyph, keywords }) => ({
        id: path,
        label: title[currentLanguage()],
        keywords,
        leftSection: Glyph ? <Glyph {...size} /> : <IconUserCog {...size} />,
        onClick: () => void navigate({ to: path }),
      })),
    },
    {
      group: t("organizations"),
      actions: me.organizations
        .filter((one) => one.id !== me.organization?.id)
        .map((one) => ({
          id: one.id,
          label: t("switchTo", { name: one.name }),
          leftSection: <IconBuilding {...size} />,
          onClick: () => switchTo.mutate(one.id),
        })),
    },
    {
      group: t("commands"),
      actions: [
        ...(["light", "dark", "auto"] as const).map((scheme) => ({
          id: `scheme-${scheme}`,
          label: `${t("scheme.title")}: ${t(`scheme.${scheme}`)}`,
          leftSection: <IconSunMoon {...size} />,
          onClick: () => setColorScheme(scheme),
        })),
        ...(Object.entries(languages) as [Language, string][]).map(([language, name]) => ({
          id: `language-${language}`,
          label: `${t("language")}: ${name}`,
          leftSection: <IconLanguage {...size} />,
          onClick: () => setLanguage(language),
        })),
        {
          id: "new-organization",
          label: t("newOrganization"),
          leftSection: <IconBuilding {...size} />,
          onClick: openNewOrganization,
        },
        {
          id: "sign-out",
          label: t("signOut"),
          leftSection: <IconLogout {...size} />,
          onClick: () => signOut.mutate(),
        },
      ],
    },
  ];
  return (
    <Spotlight
      actions={actions}
      shortcut="mod + K"
      nothingFound={t("nothing")}
      highlightQuery
      scrollable
      maxHeight={420}
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: t("search"),
        "aria-label": t("search"),
      }}
    />
  );
}
