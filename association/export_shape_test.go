package association

// Records are the shapes of what a store keeps without looking into it, with the
// version each carries.
var Records = map[string]any{
	"account v1":      accountData{},
	"association v1":  associationData{},
	"event v1":        event{},
	"notice v1":       notice{},
	"verification v1": verification{},
	"session v1":      session{},
	"quarantine v1":   quarantine{},
	"ticket v1":       usedTicket{},
}

// RecordVersions are the versions in use.
var RecordVersions = []int{dataV, verificationV, sessionV, noticeV}
