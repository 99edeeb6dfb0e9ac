import { Program } from "../support/program.ts";
import { expect, setUp, test } from "../support/test.ts";

test("the owner of the server sees how it fares, how it is configured and what it is made of", async ({ guest }) => {
  const program = await Program.start('[providers.openai]\napi_key = "sk-hidden"\n');
  await setUp(guest, program);
  await guest.goto(`${program.url}/administration`);
  const view = guest.getByRole("radiogroup", { name: "View" });
  await view.getByText("Server").click();
  await expect(guest.getByText("Everything works")).toBeVisible();
  await expect(guest.getByText(/^SQLite, answers in/)).toBeVisible();
  await expect(guest.getByText(/ free$/)).toBeVisible();

  await view.getByText("Configuration").click();
  const settings = guest.getByRole("table", { name: "Configuration" });
  const key = settings.getByRole("row", { name: /providers\.openai\.api_key/ });
  await expect(key.getByText("••••••")).toBeVisible();
  await expect(key.getByText("File")).toBeVisible();
  expect(await guest.content()).not.toContain("sk-hidden");

  await view.getByText("Licences").click();
  const libraries = guest.getByRole("table", { name: "Licences" });
  await guest.getByRole("searchbox").fill("tokio");
  await expect(libraries.getByRole("link", { name: "tokio", exact: true })).toBeVisible();
  await guest.getByRole("searchbox").fill("react-dom");
  await expect(libraries.getByRole("row", { name: /^react-dom .*Web app$/ })).toBeVisible();
  await program.stop();
});
