//! A smaller company is taken over: its roster comes in as one act.

use tenure::desk::Desk;
use tenure::{EmployeeRow, Import, UserRow};

use crate::Result;
use crate::tell::{item, say};

const SMALL_ROSTER: &str = "\
signature,first_name,last_name,email,supervisor,unit,employed_from
JAS,Jasper,Asmussen,jasper.asmussen@suedwind.example,IBO,Hamburg,2026-12-01
IBO,Ingeborg,Boysen,ingeborg.boysen@suedwind.example,,Hamburg,2026-12-01
FNB,Fiete,Nissen,,IBO,Bremen,2026-12-01
";

/// All rows or none, in any order; a dry run tells of those that stand against it.
pub(crate) async fn a_roster_comes_in_one_act(desk: &Desk) -> Result<()> {
    let rows = csv::Reader::from_reader(SMALL_ROSTER.as_bytes()).into_deserialize();
    let rows: Vec<EmployeeRow> = rows.collect::<Result<_, _>>()?;
    let mut import = Import::new()
        .employees(rows)
        .users(["JAS", "IBO"].map(UserRow::of_employee));
    for user in &mut import.users {
        user.role = Some("dispatcher".to_owned());
        user.role_units = Some("Hamburg".to_owned());
    }
    say("Its roster has three rows, one of them about an office that there is not:");
    let report = desk.bulk().check(&import).await?;
    for refused in &report.refused {
        item(&refused.to_string());
    }
    assert_eq!(report.refused.len(), 1);
    import.employees[2].unit = Some("Hamburg".to_owned());
    let imported = desk.bulk().import(&import).await?;
    assert_eq!((imported.employees.len(), imported.users.len()), (3, 2));
    say("Corrected, all three are in the register, and two of them are set up as users.");
    Ok(())
}
