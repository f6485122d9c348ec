"""The agents' site: instructors, jury, assembly office, authorising officer, finance, auditors, administrators."""
