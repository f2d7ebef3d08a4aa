// Package simulate owns the far side of the webhook: a sender that speaks to a platform as ThingsBoard's rule engine
// does, recorded telemetry played through it with the faults that real networks have, and a generated microgrid with
// physics that fills the demo. It talks HTTP only and knows nothing of how the platform works inside; whether what
// comes out is right is package check's affair.
package simulate
