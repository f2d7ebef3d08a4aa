-- +goose Up

-- How far each projection and policy is. Its position moves in the transaction that writes its rows.
CREATE TABLE processed_events (
    projection text PRIMARY KEY,
    position   bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Events that can't be projected, and those that follow them in their streams.
CREATE TABLE dlq_events (
    projection text NOT NULL,
    tenant_id  text NOT NULL,
    stream     text NOT NULL,
    revision   bigint NOT NULL,
    position   bigint NOT NULL,
    event_id   uuid NOT NULL,
    event_type text NOT NULL,
    error      text NOT NULL,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, stream, revision)
);

CREATE TABLE stations (
    tenant_id  text NOT NULL,
    station_id text NOT NULL,
    name       text NOT NULL,
    timezone   text NOT NULL,
    currency   text NOT NULL,
    ratings    jsonb NOT NULL,
    tariffs    jsonb NOT NULL DEFAULT '[]', -- assignments by the date from which they hold
    retired    boolean NOT NULL DEFAULT false,
    revision   bigint NOT NULL, -- of the station's stream
    PRIMARY KEY (tenant_id, station_id)
);

CREATE TABLE devices (
    tenant_id        text NOT NULL,
    station_id       text NOT NULL,
    device_id        text NOT NULL,
    kind             text NOT NULL,
    thingsboard_name text NOT NULL,
    thingsboard_id   text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, station_id, device_id)
);

CREATE TABLE point_mappings (
    tenant_id  text NOT NULL,
    station_id text NOT NULL,
    device_id  text NOT NULL,
    semantic   text NOT NULL,
    valid_from timestamptz NOT NULL, -- -infinity: always
    key        text NOT NULL,
    unit       text NOT NULL,
    kind       text NOT NULL,
    mapping    jsonb NOT NULL, -- all of it
    PRIMARY KEY (tenant_id, station_id, device_id, semantic, valid_from)
);

CREATE TABLE tariffs (
    tenant_id  text NOT NULL,
    tariff_id  text NOT NULL,
    version    integer NOT NULL,
    valid_from date NOT NULL,
    spec       jsonb NOT NULL,
    PRIMARY KEY (tenant_id, tariff_id, version)
);

-- One row a message, its values as they were sent. Partitioned by UTC day, made ahead and dropped by retention.
CREATE TABLE telemetry_points (
    tenant_id  text NOT NULL,
    station_id text NOT NULL,
    device_id  text NOT NULL,
    ts         timestamptz NOT NULL,
    message_id uuid NOT NULL,
    position   bigint NOT NULL,
    values     json NOT NULL, -- as they were sent
    PRIMARY KEY (tenant_id, station_id, device_id, ts, message_id)
) PARTITION BY RANGE (ts);

-- One row a point, for SQL and dashboards.
CREATE VIEW telemetry_values AS
SELECT t.tenant_id, t.station_id, t.device_id, t.ts, v.key, v.value, t.position
FROM telemetry_points t, LATERAL json_each(t.values) v;

-- One row a device: of each key the value with the latest time.
CREATE TABLE telemetry_latest (
    tenant_id  text NOT NULL,
    station_id text NOT NULL,
    device_id  text NOT NULL,
    ts         timestamptz NOT NULL,
    heard_at   timestamptz NOT NULL,
    values     json NOT NULL, -- key -> [epoch ms, value]
    PRIMARY KEY (tenant_id, station_id, device_id)
);

-- Messages that can't be used as the stations are mapped now.
CREATE TABLE telemetry_quarantine (
    tenant_id   text NOT NULL,
    message_id  uuid NOT NULL,
    device_name text NOT NULL,
    device_id   text NOT NULL, -- ThingsBoard's
    ts          timestamptz NOT NULL,
    values      json NOT NULL,
    reason      text NOT NULL,
    position    bigint NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, message_id)
);
CREATE INDEX telemetry_quarantine_order ON telemetry_quarantine (tenant_id, position);

-- Every revision of every closed window. Energies in kWh; null where unknown.
CREATE TABLE analytics_statistics (
    tenant_id         text NOT NULL,
    station_id        text NOT NULL,
    granularity       text NOT NULL, -- QUARTER, HOUR, DAY
    window_start      timestamptz NOT NULL,
    revision          integer NOT NULL,
    window_end        timestamptz NOT NULL,
    local_date        date NOT NULL, -- the station's day that holds it
    load              numeric, pv numeric, grid_import numeric, grid_export numeric,
    battery_charge    numeric, battery_discharge numeric, evse numeric, genset numeric, self_consumed numeric,
    demand_kw         numeric,
    covered_ms        bigint NOT NULL,
    grid_covered_ms   bigint NOT NULL,
    flags             text[] NOT NULL,
    gauges            jsonb, -- semantic -> min, max, last, sum, count
    first_position    bigint NOT NULL,
    last_position     bigint NOT NULL,
    PRIMARY KEY (tenant_id, station_id, granularity, window_start, revision)
);

-- Every version of every day's settlement.
CREATE TABLE settlements_day (
    tenant_id           text NOT NULL,
    station_id          text NOT NULL,
    date                date NOT NULL,
    version             integer NOT NULL,
    id                  text NOT NULL,
    status              text NOT NULL, -- calculated, frozen, adjusted
    currency            text NOT NULL,
    tariff_id           text NOT NULL,
    tariff_version      integer NOT NULL,
    statistics_revision integer NOT NULL,
    completeness        numeric NOT NULL,
    provisional         boolean NOT NULL,
    reasons             text[] NOT NULL,
    lines               jsonb NOT NULL,
    import_amount       text NOT NULL, -- as decimals with the currency's places
    export_amount       text NOT NULL,
    net_amount          text NOT NULL,
    corrects            integer,
    position            bigint NOT NULL,
    calculated_at       timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, station_id, date, version)
);

-- Where the statistics policy stands: of a station, and over the start of each of its days.
CREATE TABLE statistics_standings (
    tenant_id  text NOT NULL,
    station_id text NOT NULL,
    standing   jsonb NOT NULL,
    PRIMARY KEY (tenant_id, station_id)
);
CREATE TABLE statistics_boundaries (
    tenant_id  text NOT NULL,
    station_id text NOT NULL,
    day        date NOT NULL,
    boundary   jsonb NOT NULL,
    PRIMARY KEY (tenant_id, station_id, day)
);

-- The days that the settlement policy has seen statistics of.
CREATE TABLE settlement_days (
    tenant_id  text NOT NULL,
    station_id text NOT NULL,
    first      date NOT NULL,
    last       date NOT NULL,
    PRIMARY KEY (tenant_id, station_id)
);

-- +goose Down
DROP TABLE settlement_days, statistics_boundaries, statistics_standings, settlements_day, analytics_statistics, telemetry_quarantine,
    telemetry_latest;
DROP VIEW telemetry_values;
DROP TABLE telemetry_points, tariffs, point_mappings, devices, stations, dlq_events, processed_events;
