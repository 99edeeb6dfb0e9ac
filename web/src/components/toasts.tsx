import { lazy, Suspense, useEffect, useState } from "react";
import { toastWanted } from "./toast";

const Container = lazy(async () => ({ default: (await import("@mantine/notifications")).Notifications }));

/** The place of toasts, loaded when there is a first one. */
export function Toasts() {
  const [isWanted, setWanted] = useState(false);
  useEffect(() => {
    const want = () => setWanted(true);
    window.addEventListener(toastWanted, want);
    return () => window.removeEventListener(toastWanted, want);
  }, []);
  return <Suspense>{isWanted && <Container position="bottom-right" />}</Suspense>;
}
