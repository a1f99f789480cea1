"""From a cohort to a store, study by study."""
