import "react";

declare module "react" {
  interface CSSProperties {
    /** The colour that a component's own style sheet uses. */
    "--color"?: string;
    "--share"?: string;
    "--height"?: string;
    "--columns"?: number;
  }
}
