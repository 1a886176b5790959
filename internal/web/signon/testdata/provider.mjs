// An identity provider of the npm package oidc-provider, for the tests: node provider.mjs MODULES CALLBACK SECONDS WHERE. Access tokens hold for
// SECONDS; groups stand in the ID token or, where WHERE is userinfo, in UserInfo alone. Whoever logs on types a name and any password. It
// prints its issuer, and takes commands, each answered with a line:
//   groups NAME A,B   NAME has these groups from now on         leave NAME   NAME is nobody's any more
//   down              it takes no connections                    up           it does
import { createServer } from "node:http";
import { createInterface } from "node:readline";
const [modules, callback, seconds, where] = process.argv.slice(2);
const { Provider } = await import(modules + "/oidc-provider/lib/index.js");
const groups = new Map(), gone = new Set();
const server = createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const { port } = server.address();
const issuer = `http://127.0.0.1:${port}`;
const redirect_uris = [callback];
const provider = new Provider(issuer, {
  clients: [
    { client_id: "signet", client_secret: "a-secret-that-the-provider-knows", redirect_uris, grant_types: ["authorization_code", "refresh_token"] },
    { client_id: "public", token_endpoint_auth_method: "none", redirect_uris, grant_types: ["authorization_code", "refresh_token"] },
    { client_id: "brief", client_secret: "a-secret-that-the-provider-knows", redirect_uris, grant_types: ["authorization_code"] },
  ],
  claims: { openid: ["sub"], profile: ["preferred_username", "groups"], email: ["email"] },
  conformIdTokenClaims: where === "userinfo",
  findAccount: async (_ctx, id) => gone.has(id) ? undefined : { accountId: id, claims: async () => ({ sub: id, preferred_username: id, groups: groups.get(id) ?? [] }) },
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed("refresh_token"),
  rotateRefreshToken: true,
  ttl: { AccessToken: Number(seconds), IdToken: (_ctx, _token, client) => client.clientId === "brief" ? Number(seconds) : 3600, RefreshToken: 3600, Session: 3600, Grant: 3600, Interaction: 600 },
  cookies: { keys: ["of the test"] },
  features: { devInteractions: { enabled: true } },
});
server.on("request", provider.callback());
console.log(issuer);
for await (const line of createInterface({ input: process.stdin })) {
  const [what, name, list] = line.split(" ");
  if (what === "groups") groups.set(name, list ? list.split(",") : []);
  if (what === "leave") gone.add(name);
  if (what === "down") await new Promise((done) => { server.close(done); server.closeAllConnections(); });
  if (what === "up") await new Promise((done) => server.listen(port, "127.0.0.1", done));
  console.log("done");
}
