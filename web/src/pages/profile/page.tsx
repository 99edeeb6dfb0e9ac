import { SimpleGrid, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Page } from "../../components/page";
import { DeleteAccount } from "./delete-account";
import { Identities, useHasIdentities } from "./factors/identities";
import { Factors } from "./factors/section";
import { useFactors } from "./factors/texts";
import { Password } from "./password";
import { Person } from "./person";
import { Sessions } from "./sessions";
import { useProfile } from "./texts";

export default function ProfilePage() {
  const t = useProfile();
  const factors = useFactors();
  const hasIdentities = useHasIdentities();
  return (
    <Page title={t("title")} width={920}>
      <Stack gap={36}>
        <Section title={t("person")} hint={t("personHint")}>
          <Person />
        </Section>
        <Section title={t("password")} hint={t("passwordHint")}>
          <Password />
        </Section>
        <Section title={factors("title")} hint={factors("hint")}>
          <Factors />
        </Section>
        {hasIdentities && (
          <Section title={factors("identities.title")} hint={factors("identities.hint")}>
            <Identities />
          </Section>
        )}
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
