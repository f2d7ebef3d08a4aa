package check

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// refused posts station documents that must be refused, each with problem+json that names a place, and counts those
// that were not.
func (p *Platform) refused(ctx context.Context, files []string, o CasesOptions) (int, error) {
	if len(files) == 0 {
		return 0, nil
	}
	titles := readTitles(filepath.Dir(files[0]))
	wrong := 0
	for _, file := range files {
		document, err := os.ReadFile(file) //nolint:gosec // the user names the folder
		if err != nil {
			return wrong, err
		}
		a, err := p.call(ctx, http.MethodPost, "/api/v1/provisioning/stations", document)
		if err != nil {
			return wrong, err
		}
		if fault := notRefused(a); fault != "" {
			wrong++
			number := strings.TrimSuffix(filepath.Base(file), ".json")
			report(o.Out, "refused/"+number, titles[number], []string{fault}, o.Shown)
		}
	}
	_, _ = fmt.Fprintf(o.Out, "%d of %d documents refused with the place named\n", len(files)-wrong, len(files))
	return wrong, nil
}

// notRefused says what an answer lacks to be a refusal, and "" where it lacks nothing.
func notRefused(a answer) string {
	var body struct{ Errors []struct{ Location string } }
	_ = decode(a.body, &body)
	places := 0
	for _, e := range body.Errors {
		if e.Location != "" {
			places++
		}
	}
	switch {
	case a.status != http.StatusBadRequest && a.status != http.StatusUnprocessableEntity:
		return fmt.Sprintf("answered %d, want 400 or 422: %.300s", a.status, a.body)
	case !strings.HasPrefix(a.contentType, "application/problem+json"):
		return fmt.Sprintf("answered %d with %q, want application/problem+json", a.status, a.contentType)
	case places == 0:
		return fmt.Sprintf("answered %d without naming a place: %.300s", a.status, a.body)
	}
	return ""
}
