// Made from /openapi.json by `npm run types`; not to be edited.

export interface paths {
    "/analytics/window-close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close windows whatever the watermark
         * @description Closes every window of [windowStart, windowEnd) that isn't closed yet. Roles admin and operator.
         */
        post: operations["close-windows"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List events that a projection couldn't take, and those that follow them in their streams
         * @description Roles admin and auditor, of all stations.
         */
        get: operations["list-dead-letters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dead-letters/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Project the parked events of a stream again, in their order
         * @description Role admin, of all stations.
         */
        post: operations["replay-dead-letters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List a station's devices */
        get: operations["list-devices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/settlements.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Export settlements as CSV, one row a line, streamed */
        get: operations["export-settlements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/fleet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List stations with what they do now and their days so far */
        get: operations["list-fleet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who the token is for, and until when */
        get: operations["who-am-i"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A station now, and its local day so far */
        get: operations["get-overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/points": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List a station's point mappings with their history */
        get: operations["list-points"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the prices that hold for a station in [from, to), in steps */
        get: operations["list-prices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far each read model and policy is */
        get: operations["list-projections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/provisioning/stations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Provision a whole station in one document
         * @description Idempotent: the same document again changes nothing. Every error of a document is told at once, each with its path. Role admin. 201 when the station is new or changed, 200 when nothing changed.
         */
        post: operations["provision-station"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/provisioning/stations/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * List what a document would change, and change nothing
         * @description Refuses what provisioning would refuse. Role admin.
         */
        post: operations["preview-station"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List messages that can't be used as the stations are mapped now
         * @description Roles admin and operator, of all stations.
         */
        get: operations["list-quarantine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the devices with messages in quarantine, the latest first
         * @description Roles admin and operator, of all stations.
         */
        get: operations["list-quarantined-devices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take in what is in quarantine and can be used now
         * @description What can't be used yet stays. Roles admin and operator, of all stations.
         */
        post: operations["replay-quarantine"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settlements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the settlements of days, from and to included
         * @description The latest version of each, or all of them.
         */
        get: operations["list-settlements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get a token for the code of a one-time link
         * @description Links are made by `microgrid demo` and `microgrid token --link`. A code holds for ten minutes and is worth one token.
         */
        post: operations["sign-in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List stations */
        get: operations["list-stations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a station with its devices, mappings and tariffs as they are now */
        get: operations["get-station"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the closed windows that overlap [from, to), in order of time
         * @description The latest revision of each, or all of them. Months and years are sums of closed days, of which only the latest is kept; their revision counts those of their days.
         */
        get: operations["list-statistics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tariffs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tariffs with all their versions
         * @description For a token of some stations: those that they have.
         */
        get: operations["list-tariffs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tariffs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a tariff with all its versions */
        get: operations["get-tariff"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/telemetry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List messages with event times in [from, to), by device, then time */
        get: operations["list-telemetry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/telemetry/latest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the latest value of every key of a station's devices
         * @description Beside each what it says of the point that it is mapped to, by the rule of the statistics.
         */
        get: operations["latest-telemetry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/telemetry/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow telemetry as it is recorded, as server-sent events
         * @description Each event has the type telemetry, its position in the event store as id, and as data an object of the schema below. A block with an id alone says how far the stream is. With the last id as Last-Event-ID nothing is missed and nothing comes twice; without one the stream begins now. A comment comes every 15 s. The stream ends when the token expires, when the reader takes nothing for 10 s, and when the platform stops.
         */
        get: operations["stream-telemetry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process lives */
        get: operations["healthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ingest/thingsboard/telemetry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take telemetry in, as ThingsBoard's rule node sends it
         * @description One message or an array of them: {"deviceName", "ts", "values"}, {"ts", "values"} or the values alone, with device and time in the headers. Answers once durable. A message that came before is a duplicate and counts for nothing. A batch of which some can't be used is taken for the rest. What is of unknown devices, or no number, is kept in quarantine. A message with more than 256 KiB of values is rejected.
         */
        post: operations["ingest-telemetry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics in Prometheus' text format; with metrics.token configured only for who sends that as a bearer token */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether everything it needs is there, and what is behind by how much */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Assignment: {
            tariffId: string;
            validFrom: string;
        };
        Capacity: {
            pricePerKva: string;
        };
        Change: {
            deviceId?: string;
            /** @enum {string} */
            event: "StationRegistered" | "StationChanged" | "DeviceRegistered" | "DeviceChanged" | "DeviceRemoved" | "PointMapped" | "PointUnmapped" | "TariffAssigned" | "TariffPublished";
            /** @description what the point would be mapped to */
            mapping?: components["schemas"]["Mapping"];
            /**
             * @description the point that is mapped or unmapped
             * @example grid.active_power
             */
            semantic?: string;
            tariffId?: string;
            /**
             * @description the local date from which the tariff or its version holds
             * @example 2016-08-01
             */
            validFrom?: string;
            /**
             * Format: int64
             * @description of the tariff, that would be published
             */
            version?: number;
            /** @description an unmapped point counts as never mapped so; else it ends now */
            void?: boolean;
        };
        ClosedWindow: {
            /** Format: date-time */
            windowEnd: string;
            /** Format: date-time */
            windowStart: string;
        };
        CloseInputBody: {
            /**
             * @description without windowEnd; HOUR by default
             * @enum {string}
             */
            granularity?: "HOUR" | "DAY";
            /** @example station-demo-001 */
            stationId: string;
            /**
             * Format: date-time
             * @description at most 3700 days later; without it the one hour or day that begins at windowStart
             */
            windowEnd?: string;
            /**
             * Format: date-time
             * @example 2016-07-31T16:00:00Z
             */
            windowStart: string;
        };
        CloseOutputBody: {
            /** @description what was open and is closed now; the numbers follow in a moment */
            closed: components["schemas"]["ClosedWindow"][];
            stationId: string;
        };
        DeadLetter: {
            error: string;
            eventId: string;
            eventType: string;
            /** Format: date-time */
            parkedAt: string;
            /** Format: int64 */
            position: number;
            projection: string;
            /** Format: int64 */
            revision: number;
            stream: string;
        };
        Demand: {
            pricePerKw: string;
        };
        Device: {
            deviceId: string;
            kind: string;
            points: components["schemas"]["Mapping"][];
            /** Format: date-time */
            removedAt?: string;
            thingsboard: components["schemas"]["ThingsBoard"];
        };
        DeviceSummary: {
            deviceId: string;
            /** @description ThingsBoard's */
            deviceName: string;
            /**
             * Format: date-time
             * @description when a message of it came last
             */
            heardAt?: string;
            kind: string;
            /**
             * Format: date-time
             * @description its latest event time
             */
            latestTs?: string;
            stationId: string;
            thingsboardDeviceId: string;
        };
        EnergyKwh: {
            batteryCharge: string | null;
            batteryDischarge: string | null;
            evse: string | null;
            genset: string | null;
            gridExport: string | null;
            gridImport: string | null;
            load: string | null;
            pv: string | null;
            selfConsumed: string | null;
        };
        ErrorDetail: {
            /** @description Where the error occurred, e.g. 'body.items[3].tags' or 'path.thing-id' */
            location?: string;
            /** @description Error message text */
            message?: string;
            /** @description The value at the given location */
            value?: unknown;
        };
        ErrorModel: {
            /**
             * @description A human-readable explanation specific to this occurrence of the problem.
             * @example Property foo is required but is missing.
             */
            detail?: string;
            /** @description Optional list of individual error details */
            errors?: components["schemas"]["ErrorDetail"][];
            /**
             * Format: uri
             * @description A URI reference that identifies the specific occurrence of the problem.
             * @example https://example.com/error-log/abc123
             */
            instance?: string;
            /**
             * Format: int64
             * @description HTTP status code
             * @example 400
             */
            status?: number;
            /**
             * @description A short, human-readable summary of the problem type. This value should not change between occurrences of the error.
             * @example Bad Request
             */
            title?: string;
            /**
             * Format: uri
             * @description A URI reference to human-readable documentation for the error.
             * @default about:blank
             * @example https://example.com/errors/example
             */
            type: string;
        };
        FixedFee: {
            perDay?: string;
            perMonth?: string;
        };
        FleetDay: {
            /** Format: double */
            completeness: number;
            energyKwh: components["schemas"]["FleetEnergies"];
            /** @description import less export so far; null without a tariff or a grid */
            netAmount: string | null;
        };
        FleetEnergies: {
            gridExport: string | null;
            gridImport: string | null;
            load: string | null;
            pv: string | null;
        };
        FleetItem: {
            currency: string;
            /**
             * Format: date-time
             * @description when a message of any of its devices came last
             */
            heardAt: string | null;
            name: string;
            power: components["schemas"]["Powers"];
            soc?: components["schemas"]["StateOfCharge"];
            /** @description import less export of each of the last 24 hours in kWh, the latest last; null where an hour isn't closed */
            spark: (number | null)[];
            stationId: string;
            timezone: string;
            /** @description the closed quarters of the station's local day; missing while there is none */
            today?: components["schemas"]["FleetDay"];
        };
        Followed: {
            /**
             * Format: int64
             * @description the age of the event that the slowest of them has handled last; 0: caught up
             */
            behindSeconds: number;
            caughtUp: boolean;
        };
        Gauge: {
            /** Format: int64 */
            count: number;
            last: string;
            max: string;
            mean: string;
            min: string;
        };
        LatestValue: {
            deviceId: string;
            /**
             * Format: date-time
             * @description when a message of the device came last
             */
            heardAt: string;
            key: string;
            /**
             * @description in unit, after scale, offset and sign; null: it counts for nothing
             * @example 2.275800000
             */
            mapped: string | null;
            /**
             * @description why a mapped value counts for nothing
             * @enum {string}
             */
            reason?: "no_number" | "out_of_range";
            /**
             * @description null: nothing is mapped to the key at the value's time
             * @example grid.active_power
             */
            semantic: string | null;
            /** Format: date-time */
            ts: string;
            /** @example kW */
            unit: string | null;
            /** @description as it was sent */
            value: unknown;
        };
        ListChange: {
            items: components["schemas"]["Change"][];
            next: string | null;
        };
        ListDeadLetter: {
            items: components["schemas"]["DeadLetter"][];
            next: string | null;
        };
        ListDeviceSummary: {
            items: components["schemas"]["DeviceSummary"][];
            next: string | null;
        };
        ListFleetItem: {
            items: components["schemas"]["FleetItem"][];
            next: string | null;
        };
        ListLatestValue: {
            items: components["schemas"]["LatestValue"][];
            next: string | null;
        };
        ListMessage: {
            items: components["schemas"]["Message"][];
            next: string | null;
        };
        ListPoint: {
            items: components["schemas"]["Point"][];
            next: string | null;
        };
        ListProjectionStatus: {
            items: components["schemas"]["ProjectionStatus"][];
            next: string | null;
        };
        ListQuarantined: {
            items: components["schemas"]["Quarantined"][];
            next: string | null;
        };
        ListQuarantinedDevice: {
            items: components["schemas"]["QuarantinedDevice"][];
            next: string | null;
        };
        ListSettlement: {
            items: components["schemas"]["Settlement"][];
            next: string | null;
        };
        ListStationSummary: {
            items: components["schemas"]["StationSummary"][];
            next: string | null;
        };
        ListTariffView: {
            items: components["schemas"]["TariffView"][];
            next: string | null;
        };
        ListWindow: {
            items: components["schemas"]["Window"][];
            next: string | null;
        };
        LiveMessage: {
            deviceId: string;
            /** @description what they say of the points that are mapped */
            points: components["schemas"]["LivePoint"][];
            /** Format: date-time */
            receivedAt: string;
            stationId: string;
            /** Format: date-time */
            ts: string;
            /** @description as they were sent */
            values: unknown;
        };
        LivePoint: {
            key: string;
            /**
             * @description why it counts for nothing
             * @enum {string}
             */
            reason?: "no_number" | "out_of_range";
            /** @example grid.active_power */
            semantic: string;
            /** @example kW */
            unit: string;
            /**
             * @description in unit, after scale, offset and sign; null: it counts for nothing
             * @example 2.275800000
             */
            value: string | null;
        };
        Mapping: {
            interpolation: string;
            key: string;
            kind: string;
            maxGap: string;
            offset: string;
            rollover?: string;
            scale: string;
            semantic: string;
            /** Format: int64 */
            sign: number;
            step: string;
            unit: string;
            /** Format: date-time */
            validFrom?: string;
            validMax?: string;
            validMin?: string;
            /** Format: date-time */
            validUntil?: string;
        };
        Message: {
            deviceId: string;
            messageId: string;
            /**
             * Format: int64
             * @description in the event store
             */
            position: number;
            /** Format: date-time */
            ts: string;
            values: unknown;
        };
        Overview: {
            /** @example CNY */
            currency: string;
            /** @description the station's local day */
            date: string;
            /** Format: date-time */
            dayEnd: string;
            /** Format: date-time */
            dayStart: string;
            devices: components["schemas"]["DeviceSummary"][];
            name: string;
            power: components["schemas"]["Powers"];
            /** @description missing where no price changes within 8 days */
            priceNext?: components["schemas"]["PriceStep"];
            /** @description missing without a tariff */
            priceNow?: components["schemas"]["PriceStep"];
            projections: components["schemas"]["Followed"];
            /** @description what those quarters cost; missing without a tariff or a grid */
            settlement?: components["schemas"]["SettledSoFar"];
            soc?: components["schemas"]["StateOfCharge"];
            stationId: string;
            /** @example Asia/Shanghai */
            timezone: string;
            /** @description the sum of the day's closed quarters, until windowEnd; missing while there is none */
            today?: components["schemas"]["Window"];
        };
        Period: {
            name: string;
            price: string;
            rules: components["schemas"]["Rule"][];
        };
        Point: {
            deviceId: string;
            mapping: unknown;
            stationId: string;
        };
        Power: {
            /** @description from the balance of the others */
            derived: boolean;
            /** @example 2.275800000 */
            kw: string | null;
            /**
             * Format: date-time
             * @description of the oldest value in it
             */
            ts: string | null;
        };
        Powers: {
            battery?: components["schemas"]["Power"];
            evse?: components["schemas"]["Power"];
            genset?: components["schemas"]["Power"];
            grid?: components["schemas"]["Power"];
            load?: components["schemas"]["Power"];
            pv?: components["schemas"]["Power"];
        };
        Price: {
            /** @example peak */
            period: string;
            /**
             * @description of a kWh, as the tariff writes it
             * @example 1.1964
             */
            price: string;
        };
        Prices: {
            /** @example CNY */
            currency: string;
            /** @description without a gap, from from to to */
            items: components["schemas"]["PriceStep"][];
        };
        PriceStep: {
            /** @description missing where export earns nothing */
            export?: components["schemas"]["Price"];
            /** Format: date-time */
            from: string;
            /** @description missing where no tariff holds */
            import?: components["schemas"]["Price"];
            /** Format: date-time */
            to: string;
        };
        ProjectionStatus: {
            active: boolean;
            /**
             * Format: int64
             * @description the age of the event that it has handled last; 0: caught up
             */
            behindSeconds: number;
            caughtUp: boolean;
            error?: string;
            /** Format: date-time */
            lastEvent?: string;
            /** Format: int64 */
            position: number;
            projection: string;
        };
        Quarantined: {
            /** @description ThingsBoard's */
            deviceId: string;
            deviceName: string;
            messageId: string;
            /** Format: int64 */
            position: number;
            /** @enum {string} */
            reason: "unknown_device" | "unusable_value";
            /** Format: date-time */
            receivedAt: string;
            /** Format: date-time */
            ts: string;
            values: unknown;
        };
        QuarantinedDevice: {
            /** @description ThingsBoard's */
            deviceId: string;
            deviceName: string;
            /**
             * Format: date-time
             * @description the earliest event time
             */
            firstTs: string;
            /** Format: date-time */
            lastTs: string;
            /** Format: int64 */
            messages: number;
            /** @enum {string} */
            reason: "unknown_device" | "unusable_value";
            /**
             * Format: date-time
             * @description when the latest message came
             */
            receivedAt: string;
            /** @description the station that has the device now */
            stationId?: string;
            /** @description of the latest message */
            values: unknown;
        };
        Rate: {
            kind: string;
            periods?: components["schemas"]["Period"][];
            price?: string;
        };
        Ratings: {
            batteryKw?: string;
            batteryKwh?: string;
            evseKw?: string;
            gensetKw?: string;
            gridKw?: string;
            pvKw?: string;
        };
        ReleaseInputBody: {
            /** @description without it all of the tenant's */
            deviceName?: string;
        };
        ReleaseReceipt: {
            /** Format: int64 */
            kept: number;
            /** Format: int64 */
            released: number;
        };
        Replayed: {
            /**
             * Format: int64
             * @description events that could be projected now
             */
            replayed: number;
        };
        ReplayInputBody: {
            projection: string;
            stream: string;
        };
        Rule: {
            holidays?: boolean;
            months?: number[];
            times?: string[];
            weekdays?: number[];
        };
        SettledSoFar: {
            exportAmount: string;
            importAmount: string;
            lines: components["schemas"]["SettlementLine"][];
            netAmount: string;
        };
        Settlement: {
            /** Format: date-time */
            calculatedAt: string;
            /**
             * Format: double
             * @description of the grid's energies, 0 to 1
             */
            completeness: number;
            /**
             * Format: int64
             * @description the version that an adjustment corrects
             */
            corrects?: number;
            currency: string;
            /** @description local day of the station */
            date: string;
            exportAmount: string;
            id: string;
            importAmount: string;
            lines: components["schemas"]["SettlementLine"][];
            netAmount: string;
            provisional: boolean;
            /** @description why it is provisional */
            reasons: string[];
            stationId: string;
            /** Format: int64 */
            statisticsRevision: number;
            /** @enum {string} */
            status: "calculated" | "frozen" | "adjusted";
            tariffId: string;
            /** Format: int64 */
            tariffVersion: number;
            /** Format: int64 */
            version: number;
        };
        SettlementLine: {
            amount: string;
            /** @enum {string} */
            direction: "import" | "export";
            period: string;
            price: string;
            quantityKwh: string;
        };
        SignedIn: {
            /** Format: date-time */
            expiresAt: string;
            /** @enum {string} */
            role: "admin" | "operator" | "viewer" | "auditor";
            /** @description the only ones that may be seen; null: all of the tenant's */
            stations: string[] | null;
            subject: string;
            /** @example tenant-demo */
            tenant: string;
            /** @description for Authorization: Bearer */
            token: string;
        };
        SignInInputBody: {
            /** @description what follows #code= in the link */
            code: string;
        };
        StateOfCharge: {
            /**
             * @description the mean of all batteries
             * @example 57.300000000
             */
            percent: string;
            /**
             * Format: date-time
             * @description of the oldest value in it
             */
            ts: string;
        };
        Station: {
            currency: string;
            devices: components["schemas"]["Device"][];
            name: string;
            ratings: components["schemas"]["Ratings"];
            retired: boolean;
            stationId: string;
            tariffs: components["schemas"]["Assignment"][];
            timezone: string;
        };
        StationSummary: {
            currency: string;
            name: string;
            ratings: unknown;
            retired: boolean;
            /** Format: int64 */
            revision: number;
            stationId: string;
            /** @description assigned tariffs by the local date from which they hold */
            tariffs: unknown;
            timezone: string;
        };
        TariffVersion: {
            capacity?: components["schemas"]["Capacity"];
            demand?: components["schemas"]["Demand"];
            export?: components["schemas"]["Rate"];
            fixedFee?: components["schemas"]["FixedFee"];
            holidays?: string[];
            import: components["schemas"]["Rate"];
            taxRate?: string;
            /**
             * @description local date from which it holds; of equal dates the later version does
             * @example 2016-08-01
             */
            validFrom: string;
            /** Format: int64 */
            version: number;
        };
        TariffView: {
            /** @description it gets no more versions */
            retired: boolean;
            /** @description those that have it on some date, as far as the token may see them */
            stations: string[];
            tariffId: string;
            /** @description in the order in which they were published */
            versions: components["schemas"]["TariffVersion"][];
        };
        ThingsBoard: {
            deviceId?: string;
            deviceName: string;
        };
        WhoAmI: {
            /** Format: date-time */
            expiresAt: string;
            /** @enum {string} */
            role: "admin" | "operator" | "viewer" | "auditor";
            /** @description the only ones that may be seen; null: all of the tenant's */
            stations: string[] | null;
            subject: string;
            /** @example tenant-demo */
            tenant: string;
        };
        Window: {
            /**
             * Format: double
             * @description covered share of the window, 0 to 1
             */
            completeness: number;
            /**
             * @description the highest quarter's mean import
             * @example 4.500000000
             */
            demandKw: string | null;
            energyKwh: components["schemas"]["EnergyKwh"];
            /**
             * Format: int64
             * @description event store position of the first telemetry it was computed from
             */
            firstPosition: number;
            flags: string[];
            gauges: {
                [key: string]: components["schemas"]["Gauge"];
            };
            granularity: string;
            /** Format: double */
            gridCompleteness: number;
            /** Format: int64 */
            lastPosition: number;
            /** Format: int64 */
            revision: number;
            /**
             * @description selfConsumed / pv, 0 to 1
             * @example 0.505833
             */
            selfConsumption: string | null;
            /**
             * @description (load + evse - gridImport) / (load + evse), 0 to 1
             * @example 0.292892
             */
            selfSufficiency: string | null;
            /** Format: date-time */
            windowEnd: string;
            /** Format: date-time */
            windowStart: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    "close-windows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CloseInputBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CloseOutputBody"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-dead-letters": {
        parameters: {
            query?: {
                limit?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListDeadLetter"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "replay-dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replayed"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-devices": {
        parameters: {
            query: {
                station_id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListDeviceSummary"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "export-settlements": {
        parameters: {
            query: {
                /** @description true: begin with a UTF-8 byte order mark, for spreadsheets */
                bom?: string;
                /** @description local date, included */
                from: string;
                station_id: string;
                /** @description local date, included */
                to: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                };
            };
        };
    };
    "list-fleet": {
        parameters: {
            query?: {
                /** @description next of the page before */
                cursor?: string;
                /** @description items at most, 1 to 1000 */
                limit?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListFleetItem"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "who-am-i": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoAmI"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-overview": {
        parameters: {
            query: {
                station_id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-points": {
        parameters: {
            query: {
                station_id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListPoint"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-prices": {
        parameters: {
            query: {
                /** @description RFC 3339 */
                from: string;
                station_id: string;
                /** @description at most 400 days after from */
                to: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Prices"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-projections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListProjectionStatus"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "provision-station": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "currency": "CNY",
                 *       "devices": [
                 *         {
                 *           "deviceId": "meter-1",
                 *           "kind": "grid_meter",
                 *           "points": [
                 *             {
                 *               "interpolation": "previous",
                 *               "key": "grid_kw",
                 *               "kind": "gauge",
                 *               "maxGap": "2h",
                 *               "semantic": "grid.active_power",
                 *               "unit": "kW"
                 *             }
                 *           ],
                 *           "thingsboard": {
                 *             "deviceName": "meter-1"
                 *           }
                 *         }
                 *       ],
                 *       "name": "Demo",
                 *       "ratings": {
                 *         "gridKw": 10,
                 *         "pvKw": 4
                 *       },
                 *       "stationId": "station-demo-001",
                 *       "tariff": {
                 *         "export": {
                 *           "kind": "fixed",
                 *           "price": "0.3910"
                 *         },
                 *         "import": {
                 *           "kind": "fixed",
                 *           "price": "0.6800"
                 *         },
                 *         "tariffId": "fixed-cn",
                 *         "validFrom": "2016-08-01"
                 *       },
                 *       "timezone": "Asia/Shanghai"
                 *     }
                 */
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description nothing changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Station"];
                };
            };
        };
    };
    "preview-station": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "currency": "CNY",
                 *       "devices": [
                 *         {
                 *           "deviceId": "meter-1",
                 *           "kind": "grid_meter",
                 *           "points": [
                 *             {
                 *               "interpolation": "previous",
                 *               "key": "grid_kw",
                 *               "kind": "gauge",
                 *               "maxGap": "2h",
                 *               "semantic": "grid.active_power",
                 *               "unit": "kW"
                 *             }
                 *           ],
                 *           "thingsboard": {
                 *             "deviceName": "meter-1"
                 *           }
                 *         }
                 *       ],
                 *       "name": "Demo",
                 *       "ratings": {
                 *         "gridKw": 10,
                 *         "pvKw": 4
                 *       },
                 *       "stationId": "station-demo-001",
                 *       "tariff": {
                 *         "export": {
                 *           "kind": "fixed",
                 *           "price": "0.3910"
                 *         },
                 *         "import": {
                 *           "kind": "fixed",
                 *           "price": "0.6800"
                 *         },
                 *         "tariffId": "fixed-cn",
                 *         "validFrom": "2016-08-01"
                 *       },
                 *       "timezone": "Asia/Shanghai"
                 *     }
                 */
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListChange"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-quarantine": {
        parameters: {
            query?: {
                /** @description next of the page before */
                cursor?: string;
                /** @description without it all */
                device_name?: string;
                /** @description items at most, 1 to 1000 */
                limit?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListQuarantined"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-quarantined-devices": {
        parameters: {
            query?: {
                /** @description items at most, 1 to 1000 */
                limit?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListQuarantinedDevice"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "replay-quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReleaseInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleaseReceipt"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-settlements": {
        parameters: {
            query: {
                /** @description next of the page before */
                cursor?: string;
                /** @description local date, included */
                from: string;
                /** @description items at most, 1 to 1000 */
                limit?: string;
                station_id: string;
                /** @description local date, included */
                to: string;
                version?: "latest" | "all";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListSettlement"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-stations": {
        parameters: {
            query?: {
                /** @description next of the page before */
                cursor?: string;
                /** @description items at most, 1 to 1000 */
                limit?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListStationSummary"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-station": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Station"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-statistics": {
        parameters: {
            query: {
                /** @description next of the page before */
                cursor?: string;
                /** @description RFC 3339 */
                from: string;
                granularity?: "quarter" | "hour" | "day" | "month" | "year";
                /** @description items at most, 1 to 1000 */
                limit?: string;
                revision?: "latest" | "all";
                station_id: string;
                to: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListWindow"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-tariffs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListTariffView"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "get-tariff": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TariffView"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "list-telemetry": {
        parameters: {
            query: {
                /** @description next of the page before */
                cursor?: string;
                /** @description without it all of the station's */
                device_id?: string;
                /** @description RFC 3339 */
                from: string;
                /** @description items at most, 1 to 1000 */
                limit?: string;
                station_id: string;
                to: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListMessage"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "latest-telemetry": {
        parameters: {
            query: {
                station_id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListLatestValue"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ErrorModel"];
                };
            };
        };
    };
    "stream-telemetry": {
        parameters: {
            query?: {
                /** @description where a header can't be sent */
                last_event_id?: string;
                /** @description without it all stations that the token may see */
                station_id?: string;
            };
            header?: {
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["LiveMessage"];
                };
            };
        };
    };
    healthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description it is so */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "ingest-telemetry": {
        parameters: {
            query?: never;
            header: {
                /** @description ThingsBoard's, where the body doesn't hold it */
                "X-Device-Id"?: string;
                /** @description where the body doesn't hold it */
                "X-Device-Name"?: string;
                "X-Tenant-Id": string;
                /** @description epoch seconds that were signed; a signature holds for 300 s */
                "X-Timestamp"?: string;
                /** @description epoch milliseconds, where the body doesn't hold them */
                "X-Ts"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example [
                 *       {
                 *         "deviceName": "meter-1",
                 *         "ts": 1469980800000,
                 *         "values": {
                 *           "grid_kw": 2.2758
                 *         }
                 *       }
                 *     ]
                 */
                "application/json": unknown;
            };
        };
        responses: {
            /** @description durable */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "accepted": 1,
                     *       "duplicates": 0,
                     *       "rejected": []
                     *     }
                     */
                    "application/json": unknown;
                };
            };
            /** @description nothing in it can be used */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not proven who sends */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description over the size limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description over the rate limit; see Retry-After */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description the store is slow or gone; see Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description it is so */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description it is so */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
