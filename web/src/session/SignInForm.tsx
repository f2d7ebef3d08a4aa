import { useMutation } from "@tanstack/react-query";
import { Form } from "react-aria-components/Form";
import { useState } from "react";
import { ApiError } from "../api/error";
import { queryClient } from "../api/queries";
import { signInWithToken } from "../api/session";
import { Button } from "../components/Button";
import { DialogActions } from "../components/Dialog";
import { Field } from "../components/Field";
import { useT } from "../i18n";

/** Takes a pasted token. */
export function SignInForm() {
  const t = useT();
  const [token, setToken] = useState("");
  const signIn = useMutation({
    mutationFn: signInWithToken,
    onSuccess: () => queryClient.invalidateQueries(), // what was refused meanwhile
  });

  return (
    <Form
      // What was refused may be sent again: the browser would hold a field back that is marked as wrong.
      validationBehavior="aria"
      onSubmit={(event) => {
        event.preventDefault();
        signIn.mutate(token.replace(/^Bearer\s+/i, "").trim());
      }}
    >
      <Field
        label={t("signIn.token")}
        hint={t("signIn.tokenHint")}
        type="password"
        autoComplete="off"
        isRequired
        value={token}
        onChange={setToken}
        error={signIn.error ? why(signIn.error) : undefined}
      />
      <DialogActions>
        <Button look="primary" type="submit" isDisabled={token.trim() === ""} isPending={signIn.isPending}>
          {t("signIn.submit")}
        </Button>
      </DialogActions>
    </Form>
  );

  function why(e: unknown): string {
    const error = ApiError.of(e);
    if (error.kind === "signedOut") return t("signIn.refused", { detail: error.detail });
    if (error.transient) return t("signIn.away");
    return error.detail || t("state.failed.refused");
  }
}
