// Package check owns the proof, from outside, that a platform computes energy and money by its published rules: it
// sends stations and telemetry to a running platform and compares every number that comes back. It knows the HTTP
// shapes and the expected results, and none of the arithmetic; an auditor or another implementation can use it as it
// is. How telemetry is signed and retried is the sender's affair, which is handed in.
package check
