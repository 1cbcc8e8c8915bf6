# The specification's examples of queries, to the letter.
from sqlmodel import Session, select

async def get_user_tasks(session: Session, user_id: str):
    statement = select(Task).where(Task.user_id == user_id)
    results = await session.execute(statement)
    return results.scalars().all()

async def get_pending_tasks(session: Session, user_id: str):
    statement = select(Task).where(
        Task.user_id == user_id,
        Task.completed == False
    ).order_by(Task.created_at.desc())
    results = await session.execute(statement)
    return results.scalars().all()

async def create_task(session: Session, user_id: str, title: str, description: str = None):
    task = Task(
        user_id=user_id,
        title=title,
        description=description
    )
    session.add(task)
    await session.commit()
    await session.refresh(task)
    return task

from datetime import datetime

async def toggle_task_completion(session: Session, task_id: int, user_id: str):
    statement = select(Task).where(
        Task.id == task_id,
        Task.user_id == user_id
    )
    result = await session.execute(statement)
    task = result.scalar_one_or_none()

    if not task:
        return None

    task.completed = not task.completed
    task.completed_at = datetime.utcnow() if task.completed else None
    task.updated_at = datetime.utcnow()

    await session.commit()
    await session.refresh(task)
    return task
