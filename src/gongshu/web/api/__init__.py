"""The public interface for programs: the catalog, and the rows of open data sets, through the same gateway."""
