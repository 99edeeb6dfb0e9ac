import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const petrol: MantineColorsTuple = [
  "#e8f7f4",
  "#cdeee7",
  "#9fdccf",
  "#6cc9b8",
  "#3db5a1",
  "#1a9a86",
  "#0d8070",
  "#0a6a5d",
  "#08564c",
  "#06433c",
];

const dark: MantineColorsTuple = [
  "#e1e5e6",
  "#c3cacd",
  "#9ba4a9",
  "#727c82",
  "#434c51",
  "#30383c",
  "#232a2d",
  "#191f22",
  "#12171a",
  "#0c1012",
];

/** The theme; `close` is what screen readers call the cross of a dialog. */
export const themeWith = (close: string) =>
  createTheme({
    primaryColor: "petrol",
    primaryShade: { light: 7, dark: 6 },
    colors: { petrol, dark },
    respectReducedMotion: true,
    defaultRadius: "md",
    cursorType: "pointer",
    focusRing: "auto",
    fontFamily: "'Inter Variable', system-ui, sans-serif",
    fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
    fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
    headings: {
      fontWeight: "600",
      sizes: {
        h1: { fontSize: "1.375rem", lineHeight: "1.3" },
        h2: { fontSize: "1.0625rem", lineHeight: "1.4" },
        h3: { fontSize: "0.9375rem", lineHeight: "1.4" },
      },
    },
    radius: { xs: "3px", sm: "5px", md: "7px", lg: "10px", xl: "16px" },
    // Plain objects: the components themselves would all be loaded with the first page.
    components: {
      ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
      Badge: { defaultProps: { variant: "light", radius: "sm", tt: "none", fw: 500 } },
      Button: { defaultProps: { size: "sm" } },
      Menu: { defaultProps: { shadow: "md", withinPortal: true, position: "bottom-end" } },
      Drawer: { defaultProps: { closeButtonProps: { "aria-label": close } } },
      Modal: {
        defaultProps: {
          closeButtonProps: { "aria-label": close },
          centered: true,
          overlayProps: { backgroundOpacity: 0.45 },
        },
        styles: { title: { fontWeight: 600 } },
      },
      Paper: { defaultProps: { withBorder: true } },
      Table: { defaultProps: { verticalSpacing: "xs", highlightOnHover: true } },
      Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    },
  });

/** Mantine's dimmed text, placeholders and some badges are below a contrast of 4.5; these are above. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-orange-light-color": "#9a3a06",
    "--mantine-color-yellow-light-color": "#7a4d00",
    "--mantine-color-red-light-color": "#ad2323",
    "--mantine-color-green-light-color": "#1f6b33",
    "--mantine-color-teal-light-color": "#0a6a4e",
    "--mantine-color-cyan-light-color": "#0b6272",
    "--mantine-color-body": "#ffffff",
    "--mantine-color-dimmed": "#59626a",
    "--mantine-color-placeholder": "#6a737b",
    "--mantine-color-text": "#1a2124",
    "--mantine-color-error": "#c02626",
    "--mantine-color-default-border": "#dde1e3",
    "--app-canvas": "#f6f7f7",
    "--app-sunken": "#f1f3f4",
    "--app-line": "#e3e7e8",
    "--app-accent-text": "#0a6a5d",
    "--app-accent-soft": "#e3f3ef",
  },
  dark: {
    "--mantine-color-body": "#161b1e",
    "--mantine-color-dimmed": "#a2abb0",
    "--mantine-color-placeholder": "#8b959a",
    "--mantine-color-text": "#e1e5e6",
    "--mantine-color-error": "#ff8f8f",
    "--mantine-color-default-border": "#30383c",
    "--app-canvas": "#0f1315",
    "--app-sunken": "#0f1315",
    "--app-line": "#262d31",
    "--app-accent-text": "#6cc9b8",
    "--app-accent-soft": "#15312d",
  },
});
