export function ProvisioningPage() {
  return null;
}
