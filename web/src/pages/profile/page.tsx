import { SimpleGrid, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Page } from "../../components/page";
import { DeleteAccount } from "./delete-account";
import { Password } from "./password";
import { Person } from "./person";
import { Sessions } from "./sessions";
import { useProfile } from "./texts";

export default function ProfilePage() {
  const t = useProfile();
  return (
    <Page title={t("title")} width={920}>
      <Stack gap={36}>
        <Section title={t("person")} hint={t("personHint")}>
          <Person />
        </Section>
        <Section title={t("password")} hint={t("passwordHint")}>
          <Password />
        </Section>
        <Section title={t("sessions")} hint={t("sessionsHint")}>
          <Sessions />
        </Section>
        <Section title={t("danger")} hint={t("dangerHint")}>
          <DeleteAccount />
        </Section>
      </Stack>
    </Page>
  );
}

function Section({ title, hint, children }: { title: string; hint: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl">
        <Stack gap={2}>
          <Title order={2}>{title}</Title>
          <Text size="sm" c="dimmed">
            {hint}
          </Text>
        </Stack>
        <div>{children}</div>
      </SimpleGrid>
    </section>
  );
}
