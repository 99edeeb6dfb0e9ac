import { MantineProvider } from "@mantine/core";
import { type ReactNode, useMemo } from "react";
import { useCommon } from "../i18n/common";
import { cssVariables, themeWith } from "./theme";

/** The look of everything inside, with its few words in the current language. */
export function Themed({ children }: { children: ReactNode }) {
  const t = useCommon();
  const close = t("close");
  const theme = useMemo(() => themeWith(close), [close]);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      {children}
    </MantineProvider>
  );
}
