// The words that cases are written in.
global using OverlayFuse.Linux;
global using static OverlayFuse.Conformance.Calls;
global using static OverlayFuse.Conformance.Case;
global using static OverlayFuse.Conformance.Constants;
global using static OverlayFuse.Conformance.Given;
global using static OverlayFuse.Linux.Errno;
