import { signIn } from "../session/session";
import { api, body } from "./client";

/** Signs in with a token that somebody pasted. */
export async function signInWithToken(token: string): Promise<void> {
  const headers = { Authorization: `Bearer ${token}` };
  const me = await body(api.GET("/api/v1/me", { headers }));
  signIn({ ...me, token });
}

/** Signs in with the code of a one-time link. */
export async function signInWithCode(code: string): Promise<void> {
  signIn(await body(api.POST("/api/v1/sign-in", { body: { code } })));
}
