using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

internal class RenameMatrixTests
{
    [Test]
    public void The_cases_are_those_of_the_rule() =>
        Generated.Check("tests/OverlayFuse.Union.Tests/Whole/Cases/rename-matrix.txt", _ => RenameMatrix.Text());
}
