import { Alert, Box, Button, Group, Modal, Paper, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, body } from "../../../api/client";
import { FailureNotice } from "../../../components/failure-notice";
import { Pending } from "../../../components/pending";
import { date } from "../../../i18n/format";
import { providersQuery, useProviderTrouble } from "../../../session/providers";
import { identitiesQuery, useRefresh } from "./data";
import { type Proof, ProofForm } from "./proof-form";
import { useFactors } from "./texts";

/** Whether there is anything to show. */
export function useHasIdentities(): boolean {
  const { data: providers } = useQuery(providersQuery);
  const { data: identities } = useQuery(identitiesQuery);
  return Boolean(providers?.length || identities?.length);
}

/** Accounts at other providers that sign the person in. */
export function Identities() {
  const t = useFactors();
  const troubleOf = useProviderTrouble();
  const { error } = useSearch({ strict: false }) as { error?: string };
  const providers = useQuery(providersQuery);
  const identities = useQuery(identitiesQuery);
  const refresh = useRefresh();
  const [linking, setLinking] = useState<string | null>(null);
  const unlink = useMutation({
    mutationFn: (id: string) =>
      body(api.DELETE("/api/v1/auth/identities/{id}", { params: { path: { id } } })),
    onSuccess: refresh,
  });
  if (identities.error) return <FailureNotice error={identities.error} onRetry={identities.refetch} />;
  if (!identities.data || !providers.data) return <Pending rows={2} height={52} />;
  const titleOf = (name: string) => providers.data.find(({ id }) => id === name)?.title ?? name;
  return (
    <Stack gap="sm">
      {error && (
        <Alert variant="light" color="red" role="alert">
          {troubleOf(error)}
        </Alert>
      )}
      {identities.data.length > 0 && (
        <Paper radius="lg">
          {identities.data.map((identity) => (
            <Group key={identity.id} px="md" py="sm" justify="space-between" wrap="nowrap">
              <Box className="truncate">
                <Text size="sm" fw={550}>
                  {titleOf(identity.provider)}
                </Text>
                <Text size="xs" c="dimmed" className="truncate">
                  {[identity.email, t("identities.linked", { when: date(identity.created_at) })]
                    .filter(Boolean)
                    .join(" · ")}
                </Text>
              </Box>
              <Button
                flex="none"
                size="compact-sm"
                variant="default"
                aria-label={t("identities.unlinkOne", { provider: titleOf(identity.provider) })}
                onClick={() => unlink.mutate(identity.id)}
              >
                {t("identities.unlink")}
              </Button>
            </Group>
          ))}
        </Paper>
      )}
      <Group>
        {providers.data.map(({ id, title }) => (
          <Button key={id} variant="default" onClick={() => setLinking(id)}>
            {t("identities.link", { provider: title })}
          </Button>
        ))}
      </Group>
      {linking && <Link provider={linking} title={titleOf(linking)} onClose={() => setLinking(null)} />}
    </Stack>
  );
}

interface LinkProps {
  provider: string;
  title: string;
  onClose: () => void;
}

function Link({ provider, title, onClose }: LinkProps) {
  const t = useFactors();
  const link = useMutation({
    meta: { silent: true },
    mutationFn: (proof: Proof) =>
      body(
        api.POST("/api/v1/auth/oidc/{provider}/link", {
          params: { path: { provider } },
          body: { ...proof, return_to: "/profile" },
        }),
      ),
    onSuccess: ({ url }) => location.assign(url),
  });
  return (
    <Modal opened onClose={onClose} title={t("identities.link", { provider: title })}>
      <ProofForm
        confirm={t("continue")}
        isBusy={link.isPending || link.isSuccess}
        error={link.error}
        onProof={link.mutate}
        onCancel={onClose}
      >
        <Text size="sm">{t("identities.linkHint", { provider: title })}</Text>
      </ProofForm>
    </Modal>
  );
}
