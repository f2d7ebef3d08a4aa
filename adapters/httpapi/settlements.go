package httpapi

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/microgrid-cloud/microgrid-cloud/domain/calendar"
	"github.com/microgrid-cloud/microgrid-cloud/domain/problem"
	"github.com/microgrid-cloud/microgrid-cloud/queries"
)

type settlementsInput struct {
	StationID string `query:"station_id" required:"true" example:"station-demo-001"`
	From      string `query:"from" required:"true" doc:"local date, included" example:"2016-08-01"`
	To        string `query:"to" required:"true" doc:"local date, included" example:"2016-08-31"`
	Version   string `query:"version" enum:"latest,all" default:"latest"`
	PageInput
}

func (s *Server) registerSettlements(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "list-settlements", Method: http.MethodGet, Path: "/api/v1/settlements", Tags: []string{"settlements"},
		Summary: "List the settlements of days, from and to included", Description: "The latest version of each, or all of them.",
	}, func(ctx context.Context, in *settlementsInput) (*body[queries.List[queries.Settlement]], error) {
		if _, err := s.station(ctx, in.StationID); err != nil {
			return nil, err
		}
		p, err := in.page()
		if err != nil {
			return nil, err
		}
		q := queries.Settlements{Tenant: principal(ctx).Tenant, StationID: in.StationID, AllVersions: in.Version == "all", Page: p}
		if q.From, q.To, err = days(in.From, in.To); err != nil {
			return nil, err
		}
		list, err := s.Queries.Settlements(ctx, q)
		return &body[queries.List[queries.Settlement]]{list}, err
	})
}

// days reads local dates, both included.
func days(from, to string) (f, t calendar.Date, err error) {
	refused := problem.New(problem.Invalid, "the request is refused")
	if f, err = calendar.ParseDate(from); err != nil {
		refused.At("query.from", "must be a date like 2016-08-01, not %.40q", from)
	}
	if t, err = calendar.ParseDate(to); err != nil {
		refused.At("query.to", "must be a date like 2016-08-31, not %.40q", to)
	}
	if len(refused.Problems) == 0 && t < f {
		refused.At("query.to", "must not be before from")
	}
	if len(refused.Problems) > 0 {
		return f, t, refused
	}
	return f, t, nil
}

// csvPage is how many days an export reads at once.
const csvPage = 500

// exportSettlements streams one row a line; a day without lines is one row with none.
func (s *Server) exportSettlements(w http.ResponseWriter, r *http.Request) {
	ctx, ok := s.authorized(w, r)
	if !ok {
		return
	}
	v := r.URL.Query()
	var err error
	q := queries.Settlements{Tenant: principal(ctx).Tenant, StationID: v.Get("station_id"), Page: queries.Page{Limit: csvPage}}
	q.From, q.To, err = days(v.Get("from"), v.Get("to"))
	bom := v.Get("bom")
	switch {
	case q.StationID == "":
		err = problem.New(problem.Invalid, "the request is refused").At("query.station_id", "is required")
	case bom != "" && bom != "true" && bom != "false":
		err = problem.New(problem.Invalid, "the request is refused").At("query.bom", "must be true or false, not %.40q", bom)
	case err == nil:
		_, err = s.station(ctx, q.StationID)
	}
	if err != nil {
		writeFailure(w, r, failureOf(err))
		return
	}
	list, err := s.Queries.Settlements(ctx, q) // before the header: what fails now can still be told
	if err != nil {
		writeFailure(w, r, failureOf(err))
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="settlements.csv"`)
	if bom == "true" {
		_, _ = w.Write([]byte("\ufeff")) // spreadsheets take it for a sign of UTF-8
	}
	out := csv.NewWriter(w)
	_ = out.Write([]string{
		"stationId", "date", "version", "status", "provisional", "completeness", "tariffId", "tariffVersion",
		"direction", "period", "quantityKwh", "price", "amount", "currency",
	})
	for {
		for _, d := range list.Items {
			head := []string{
				plain(d.StationID), d.Date, strconv.Itoa(d.Version), d.Status, strconv.FormatBool(d.Provisional), d.Completeness.String(),
				plain(d.TariffID), strconv.Itoa(d.TariffVersion),
			}
			if len(d.Lines) == 0 {
				_ = out.Write(append(head, "", "", "", "", "", d.Currency))
			}
			for _, l := range d.Lines {
				_ = out.Write(append(head[:8:8], l.Direction, plain(l.Period), l.QuantityKwh, l.Price, l.Amount, d.Currency))
			}
		}
		out.Flush()
		if list.Next == nil || out.Error() != nil {
			return
		}
		q.Cursor = *list.Next
		if list, err = s.Queries.Settlements(ctx, q); err != nil {
			// the file is incomplete: break the connection, so that the client knows
			s.Log.Error("export of settlements broken off", "error", err)
			panic(http.ErrAbortHandler)
		}
	}
}

// plain keeps a name from being taken for a formula by a spreadsheet.
func plain(s string) string {
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@') {
		return "'" + s
	}
	return s
}

func describeExport(api huma.API) {
	parameter := func(name, doc string, required bool) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Required: required, Schema: &huma.Schema{Type: "string"}}
	}
	api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "export-settlements", Method: http.MethodGet, Path: "/api/v1/exports/settlements.csv", Tags: []string{"settlements"},
		Summary: "Export settlements as CSV, one row a line, streamed",
		Parameters: []*huma.Param{
			parameter("station_id", "", true), parameter("from", "local date, included", true), parameter("to", "local date, included", true),
			parameter("bom", "true: begin with a UTF-8 byte order mark, for spreadsheets", false),
		},
		Responses: map[string]*huma.Response{"200": {Description: "the file", Content: map[string]*huma.MediaType{"text/csv": {}}}},
	})
}
