import { Box } from "@mantine/core";
import classes from "./code-block.module.css";
import { CopyButton } from "./copy-button";

interface Props {
  code: string;
  /** What screen readers call it. */
  label: string;
  /** Breaks long lines instead of scrolling. */
  wrap?: boolean;
}

/** Code to be read and copied. */
export function CodeBlock({ code, label, wrap = false }: Props) {
  return (
    <Box className={classes.block}>
      <pre
        className={classes.code}
        data-wrap={wrap || undefined}
        tabIndex={0}
        role="region"
        aria-label={label}
      >
        {code}
      </pre>
      <div className={classes.copy}>
        <CopyButton value={code} />
      </div>
    </Box>
  );
}
