// Signs in with Cognito through its own API. Tokens are kept until this tab is closed.

const KEPT = "plumbline-session";
let config = null;
let session = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");

export class SignInRefused extends Error {}

export async function configuration() {
  if (config === null) {
    const answer = await fetch("config.json", { cache: "no-store" });
    if (!answer.ok)
      throw new Error(
        "The file config.json is missing beside this page; docs/reference/api.md says what is in it.",
      );
    config = await answer.json();
  }
  return config;
}

async function cognito(action, body) {
  const { cognito_endpoint: endpoint } = await configuration();
  let answer;
  try {
    answer = await fetch(`${endpoint}/`, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}`,
      },
      body: JSON.stringify(body),
      referrerPolicy: "no-referrer",
    });
  } catch {
    throw new SignInRefused("The sign-in service cannot be reached.");
  }
  const said = await answer.json();
  if (!answer.ok) throw new SignInRefused(said.message ?? said.Message ?? "Signing in was refused.");
  return said;
}

/** Start to sign in. Returns null when signed in, or the challenge that Cognito sets next. */
export async function signIn(name, password) {
  const { client_id: client } = await configuration();
  const parameters = { USERNAME: name, PASSWORD: password };
  return step(
    name,
    await cognito("InitiateAuth", {
      AuthFlow: "USER_PASSWORD_AUTH",
      ClientId: client,
      AuthParameters: parameters,
    }),
  );
}

/** Answer a challenge: a new password, a code, or the first code of a new authenticator. */
export async function answerChallenge(challenge, typed) {
  const { client_id: client } = await configuration();
  let { session: token } = challenge;
  const responses = { USERNAME: challenge.user };
  if (challenge.kind === "NEW_PASSWORD_REQUIRED") responses.NEW_PASSWORD = typed;
  if (challenge.kind === "SOFTWARE_TOKEN_MFA") responses.SOFTWARE_TOKEN_MFA_CODE = typed;
  if (challenge.kind === "MFA_SETUP")
    token = (await cognito("VerifySoftwareToken", { Session: token, UserCode: typed })).Session;
  const said = await cognito("RespondToAuthChallenge", {
    ClientId: client,
    ChallengeName: challenge.kind,
    Session: token,
    ChallengeResponses: responses,
  });
  return step(challenge.user, said);
}

async function step(name, said) {
  if (said.AuthenticationResult) {
    keep(said.AuthenticationResult);
    return null;
  }
  const challenge = {
    kind: said.ChallengeName,
    session: said.Session,
    user: said.ChallengeParameters?.USER_ID_FOR_SRP ?? name,
  };
  if (challenge.kind === "MFA_SETUP") {
    const setup = await cognito("AssociateSoftwareToken", { Session: challenge.session });
    return { ...challenge, session: setup.Session, secret: setup.SecretCode };
  }
  if (!["NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA"].includes(challenge.kind)) {
    throw new SignInRefused(`This account needs ${challenge.kind}, which this page does not offer.`);
  }
  return challenge;
}

function keep(result) {
  session = {
    id: result.IdToken,
    access: result.AccessToken,
    refresh: result.RefreshToken ?? session?.refresh,
  };
  sessionStorage.setItem(KEPT, JSON.stringify(session));
}

/** The ID token, which names the account; renewed a minute before it ends. Null when signed out. */
export async function token() {
  if (session === null) return null;
  if (claims().exp * 1000 - Date.now() > 60_000) return session.id;
  try {
    const { client_id: client } = await configuration();
    const said = await cognito("InitiateAuth", {
      AuthFlow: "REFRESH_TOKEN_AUTH",
      ClientId: client,
      AuthParameters: { REFRESH_TOKEN: session.refresh },
    });
    keep(said.AuthenticationResult);
    return session.id;
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error;
    forget();
    return null;
  }
}

/** The token's claims. The API checks the token, so this page does not. */
function claims() {
  const body = session.id.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(
    new TextDecoder().decode(Uint8Array.from(atob(body), (character) => character.charCodeAt(0))),
  );
}

export function user() {
  if (session === null) return null;
  const said = claims();
  const groups = said["cognito:groups"] ?? [];
  return {
    name: said.name ?? said.email ?? said["cognito:username"] ?? said.sub,
    groups: Array.isArray(groups)
      ? groups
      : String(groups)
          .replace(/[[\]]/g, "")
          .split(/[\s,]+/)
          .filter(Boolean),
  };
}

export function forget() {
  session = null;
  sessionStorage.removeItem(KEPT);
}

export async function signOut() {
  const access = session?.access;
  forget();
  if (access) await cognito("GlobalSignOut", { AccessToken: access }).catch(() => {});
}
