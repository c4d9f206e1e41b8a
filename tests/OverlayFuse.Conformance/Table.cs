using NUnit.Framework;

namespace OverlayFuse.Conformance;

/// <summary>All cases, family by family.</summary>
public static class Table
{
    public static IReadOnlyList<Case> Cases { get; } =
    [
        .. OpenCases.All, .. MkdirCases.All, .. MknodCases.All,
        .. RemoveCases.Unlinks, .. RemoveCases.Rmdirs,
        .. RenameCases.All,
        .. LinkCases.Hard, .. LinkCases.Symbolic, .. LinkCases.Read,
        .. ChmodCases.Modes, .. ChmodCases.Owners, .. TimeCases.All,
        .. TruncateCases.All, .. TruncateCases.Large,
        .. PermissionCases.Classes, .. PermissionCases.Access, .. PermissionCases.Sticky, .. SetIdCases.All,
        .. XattrCases.All, .. AclCases.All,
        .. NamelessCases.Temporary, .. NamelessCases.Unlinked,
        .. DataCases.Holes, .. DataCases.Allocation, .. DataCases.Copies, .. DataCases.Appending,
        .. MappingCases.Maps, .. MappingCases.Direct,
        .. LockCases.Whole, .. LockCases.Records, .. LockCases.OpenFiles, .. LockCases.Leases,
        .. InotifyCases.All,
        .. DirectoryCases.Listings, .. DirectoryCases.Numbers, .. DirectoryCases.Links,
        .. LimitCases.All,
        .. SpecialCases.Fifos, .. SpecialCases.Sockets, .. SpecialCases.Execution, .. SpecialCases.Facts,
    ];

    public static IEnumerable<Case> OfOrdinaryUsers => Cases.Where(row => row.Actor != Actor.Root);

    /// <summary>Every place where an engine is expected to differ, for the list that people read.</summary>
    public static IEnumerable<(Case Case, Difference Difference)> Differences =>
        Cases.SelectMany(row => row.Differences.Select(difference => (row, difference)));

    public static IEnumerable<TestCaseData> AllTests => Cases.Select(Named);

    public static IEnumerable<TestCaseData> OrdinaryTests => OfOrdinaryUsers.Select(Named);

    private static TestCaseData Named(Case row) => new TestCaseData(row).SetArgDisplayNames(row.ToString());
}
